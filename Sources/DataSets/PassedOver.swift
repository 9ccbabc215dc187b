import Files

/// The files in folders of pictures that aren't used: none is left out without a reason and a count.
public struct PassedOver: Sendable, Hashable, Codable {
  public struct Group: Sendable, Hashable, Codable {
    /// The reason, such as `hidden, or of the system`.
    public var reason: String
    public var count: Int
    /// The first files of the group.
    public var examples: [FileName]
  }

  /// The groups in the order in which their reasons first occurred.
  public private(set) var groups: [Group] = []

  public var count: Int { groups.reduce(0) { $0 + $1.count } }

  public init() {}

  public init(from decoder: any Decoder) throws { groups = try decoder.singleValueContainer().decode([Group].self) }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(groups)
  }

  private static let mostExamples = 3

  mutating func add(_ path: FileName, _ reason: String) {
    let index = groups.firstIndex { $0.reason == reason } ?? groups.endIndex
    if index == groups.endIndex { groups.append(Group(reason: reason, count: 0, examples: [])) }
    groups[index].count += 1
    if groups[index].examples.count < Self.mostExamples { groups[index].examples.append(path) }
  }

  public mutating func add(_ other: PassedOver) {
    for group in other.groups {
      for path in group.examples { add(path, group.reason) }
      if let index = groups.firstIndex(where: { $0.reason == group.reason }) {
        groups[index].count += group.count - group.examples.count
      }
    }
  }

  /// A sentence for each reason: `passed over 3: hidden, or of the system (train/n01/Thumbs.db, …)`.
  public var sentences: [String] {
    groups.map { group in
      let names = group.examples.map(\.written).joined(separator: ", ") + (group.count > group.examples.count ? ", …" : "")
      return "passed over \(group.count): \(group.reason) (\(names))"
    }
  }
}
