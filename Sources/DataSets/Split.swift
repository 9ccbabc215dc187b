/// The parts of a data set: the pictures to learn from, and those to measure with.
public enum Split: String, Sendable, Codable, CaseIterable { case train, val }
