/// Which pictures: those to learn from, or those to measure with.
public enum Split: String, Sendable, Codable, CaseIterable { case train, val }
