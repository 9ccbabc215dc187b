import Foundation
import Kernels

/// Which processors a rank may use, and how many threads it is going to have.
public struct Placement: Sendable, Codable, Hashable {
  public var host: String
  /// The number of processors of the host.
  public var processors: Int
  /// The numbers of the processors that this rank may use.
  public var allowed: [Int]
  public var threads: Int
  /// The number of processors that a container's quota is worth; nil without a quota.
  public var quota: Int?

  public init(host: String, processors: Int, allowed: [Int], threads: Int, quota: Int? = nil) {
    (self.host, self.processors, self.allowed, self.threads, self.quota) = (host, processors, allowed, threads, quota)
  }

  /// Of this process.
  init(host: String, threads: Int) {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
    self.init(
      host: host, processors: ProcessInfo.processInfo.processorCount,
      allowed: Self.processorList(line?.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces) ?? ""),
      threads: threads, quota: Int(kernels_quota_processors("")))
    if quota == 0 { quota = nil }
  }

  /// Source: proc(5), `0-3,8`.
  static func processorList(_ text: String) -> [Int] {
    text.split(separator: ",").flatMap { part -> [Int] in
      let ends = part.split(separator: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, first <= last else { return [] }
      return Array(first...last)
    }
  }

  /// The hosts whose ranks have more threads than processors, so that threads wait for each other, and what to do about it.
  public static func problems(of ranks: [Placement]) -> [(text: String, remedy: String)] {
    let hosts = Dictionary(grouping: ranks, by: \.host)
    return hosts.keys.sorted().compactMap { host in
      let here = hosts[host]!
      let allowed = Set(here.flatMap(\.allowed)).count
      // The ranks of a host share one container, hence one quota.
      let usable = here.compactMap(\.quota).min().map { min($0, allowed) } ?? allowed
      let threads = here.reduce(0) { $0 + $1.threads }
      guard usable > 0, threads > usable else { return nil }
      return (
        "\(host): \(threads) threads on \(usable) processor\(usable == 1 ? "" : "s") (\(here.count) rank\(here.count == 1 ? "" : "s"))",
        allowed < here[0].processors
          ? "the ranks are bound to few cores: start them by ./launch.sh, or mpirun --bind-to none"
          : "fewer --ranks or --threads; ./launch.sh chooses ranks × threads = cores"
      )
    }
  }
}

extension Communicator {
  /// The placements of all ranks, on all ranks.
  ///
  /// - Parameter threads: the number of threads of this rank.
  /// - Throws: `MPIError`, or an error of the decoder.
  /// - Note: collective
  public func placements(threads: Int) throws -> [Placement] {
    let own = try JSONEncoder().encode(Placement(host: hostName, threads: threads))
    return try allGather(Array(own)).map { try JSONDecoder().decode(Placement.self, from: Data($0)) }
  }
}
