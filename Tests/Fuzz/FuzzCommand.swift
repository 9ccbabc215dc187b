#if DEBUG || TESTABLE
  import Foundation

  /// `reader-fuzz`: tries inputs on the readers of foreign bytes.
  enum FuzzCommand {
    static let usage = """
      reader-fuzz --list                       the readers, a line each: name, always or when-named, source files
      reader-fuzz --seeds READER FOLDER        writes whole inputs to begin with
      reader-fuzz --replay READER PATH ...     reads files, and those in folders, once each
      reader-fuzz READER [OPTION|FOLDER ...]   fuzzes, with libFuzzer's own options (in a build with -DFUZZING)
      """

    /// - Returns: the exit code.
    static func run(_ arguments: [String]) -> Int32 {
      do {
        let readers = try allFuzzReaders()
        func reader(_ index: Int) -> FuzzReader? {
          arguments.indices.contains(index) ? readers.first { $0.name == arguments[index] } : nil
        }
        switch arguments.first {
        case "--list":
          for reader in readers {
            print(reader.name, reader.onlyWhenNamed ? "when-named" : "always", reader.sources.joined(separator: " "))
          }
        case "--seeds":
          guard let reader = reader(1), arguments.count == 3 else { return wrongUse() }
          for (number, seed) in try reader.seeds().enumerated() {
            try Data(seed).write(to: URL(fileURLWithPath: "\(arguments[2])/seed-\(number)"))
          }
        case "--replay":
          guard let reader = reader(1) else { return wrongUse() }
          try replay(reader, Array(arguments.dropFirst(2)))
        default:
          guard let reader = reader(0) else { return wrongUse() }
          return fuzz(reader, Array(arguments.dropFirst()))
        }
        FuzzScratch.remove()
        return 0
      } catch {
        print("reader-fuzz: \(error)")
        return 1
      }
    }

    private static func wrongUse() -> Int32 {
      print(usage)
      return 2
    }

    private static func replay(_ reader: FuzzReader, _ paths: [String]) throws {
      let files = paths.flatMap { path in
        let names = try? FileManager.default.contentsOfDirectory(atPath: path).sorted()
        return names.map { $0.map { "\(path)/\($0)" } } ?? [path]
      }
      FuzzRecord.begin(reader)
      for file in files {
        guard let data = FileManager.default.contents(atPath: file) else {
          throw CocoaError(.fileReadNoSuchFile, userInfo: [NSFilePathErrorKey: file])
        }
        data.withUnsafeBytes { FuzzRecord.read($0, named: file) }
      }
      print(FuzzRecord.summary)
    }

    #if FUZZING
      /// libFuzzer's own main, which calls back for every input. Source: llvm.org/docs/LibFuzzer.html, *Using libFuzzer as a library*
      @_silgen_name("LLVMFuzzerRunDriver")
      private static func runDriver(
        _ count: UnsafeMutablePointer<CInt>,
        _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
        _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
      ) -> CInt

      private static func fuzz(_ reader: FuzzReader, _ options: [String]) -> Int32 {
        FuzzRecord.begin(reader)
        // libFuzzer ends the process itself.
        atexit {
          print(FuzzRecord.summary)
          FuzzScratch.remove()
        }
        // Where it starts itself again, to merge, it makes a shell's command of these.
        let texts = ["\(CommandLine.arguments[0]) \(reader.name)", "-max_len=\(reader.longest)"] + options
        let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { pointers[index] = strdup(text) }
        pointers[texts.count] = nil
        var (count, list) = (CInt(texts.count), pointers)
        return runDriver(&count, &list) { bytes, count in
          FuzzRecord.read(UnsafeRawBufferPointer(start: bytes, count: count))
          return 0
        }
      }
    #else
      private static func fuzz(_ reader: FuzzReader, _ options: [String]) -> Int32 {
        print("this build can't fuzz: ./launch.sh test --fuzz makes one that can")
        return 2
      }
    #endif
  }
#endif
