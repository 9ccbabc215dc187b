import Cluster
import ConvNet
import Foundation

/// The facts that a rank knows of its host and of itself.
struct RankFacts: Codable, Sendable {
  var rank = 0
  var localSize = 1
  var placement: Placement
  var instructionSet = ""
  /// The reason why oneDNN can't be used here; nil if it can.
  var oneDNNObstacle: String?
  var mpi = ""
  var program = ""
  /// Network interfaces that are up, with their IPv4 addresses: `eth0 10.0.0.1`.
  var interfaces: [String] = []
  var memoryBytes = 0
  /// Free bytes of /dev/shm, through which ranks of a host communicate; nil if there is none.
  var sharedMemoryBytes: Int?
  /// The average number of processes that wanted a processor in the last minute, before doctor began its own measurements.
  var load = 0.0
  /// Bytes per second of copies in memory on one thread, and of writing to the folder and its disk.
  var copyRate = 0.0
  var diskRate: Double?
  /// True if this host sees the folder of rank 0. `locks` is true if files in it can be locked.
  var seesFolder = true
  var locks = true
  /// Variables that slow the program down.
  var slowVariables: [String] = []

  var host: String { placement.host }

  init(_ communicator: Communicator, _ placement: Placement) throws {
    self.placement = placement
    rank = communicator.rank
    localSize = communicator.localSize
    instructionSet = "\(BackendChoice.instructionSet), OpenBLAS \(OpenBLASKernels.chosen)"
    oneDNNObstacle = BackendChoice.oneDNNObstacle
    mpi = Communicator.libraryVersion
    program = Deepinside.version
    interfaces = Self.upInterfaces
    memoryBytes = Int(ProcessInfo.processInfo.physicalMemory)
    sharedMemoryBytes = FolderCheck.freeBytes("/dev/shm")
    load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)).flatMap { Double($0.prefix { $0 != " " }) } ?? 0
    copyRate = try Self.measureCopyRate()
    let environment = ProcessInfo.processInfo.environment
    slowVariables = [OpenBLASKernels.variable, "DNNL_MAX_CPU_ISA", "ONEDNN_MAX_CPU_ISA"].compactMap { name in
      environment[name].map { "\(name)=\($0)" }
    }
    // The program sets this variable itself if OpenBLAS would choose worse kernels.
    slowVariables.removeAll { [fitting = OpenBLASKernels.fitting] in $0 == "\(OpenBLASKernels.variable)=\(fitting ?? "")" }
  }

  /// The network interfaces that are up. Source: getifaddrs(3)
  private static var upInterfaces: [String] {
    var list: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&list) == 0 else { return [] }
    defer { freeifaddrs(list) }
    var found: [String] = []
    var entry = list
    while let one = entry?.pointee {
      defer { entry = one.ifa_next }
      guard one.ifa_flags & UInt32(IFF_UP) != 0, one.ifa_flags & UInt32(IFF_LOOPBACK) == 0,
        let address = one.ifa_addr, address.pointee.sa_family == sa_family_t(AF_INET)
      else { continue }
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      guard
        getnameinfo(
          address, socklen_t(MemoryLayout<sockaddr_in>.size), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
      else { continue }
      let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      found.append("\(String(cString: one.ifa_name)) \(String(decoding: bytes, as: UTF8.self))")
    }
    return found
  }

  private static func measureCopyRate() throws -> Double {
    let (from, to) = (try FlatBuffer(count: 16 << 20), try FlatBuffer(count: 16 << 20))
    from.fill(with: 1)
    var best = Double.infinity
    for _ in 0..<4 {
      let start = ContinuousClock.now
      to.pointer.update(from: from.pointer, count: from.count)
      best = min(best, (ContinuousClock.now - start) / .seconds(1))
    }
    return Double(from.count * 4) / best
  }
}
