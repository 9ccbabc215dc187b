import Foundation

#if DEBUG || TESTABLE
  exit(FuzzCommand.run(Array(CommandLine.arguments.dropFirst())))
#else
  print("reader-fuzz looks inside the modules: build it in debug, or with -enable-testing and -DTESTABLE")
  exit(2)
#endif
