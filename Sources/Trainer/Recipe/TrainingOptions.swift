import Files
import Foundation

/// Everything a run is made of; it travels in `run.json` and in every checkpoint, where the names of both parts stand side by side.
@dynamicMemberLookup
public struct TrainingOptions: Sendable, Hashable {
  /// What decides which parameters come out: it must agree when a run goes on.
  public var recipe = Recipe()
  /// What may change on the way.
  public var execution = Execution()

  public init() {}

  public subscript<Value>(dynamicMember path: WritableKeyPath<Recipe, Value>) -> Value {
    get { recipe[keyPath: path] }
    set { recipe[keyPath: path] = newValue }
  }

  public subscript<Value>(dynamicMember path: WritableKeyPath<Execution, Value>) -> Value {
    get { execution[keyPath: path] }
    set { execution[keyPath: path] = newValue }
  }

  /// As JSON with sorted keys.
  public func json() throws -> String { try JSONText.of(self) }

  /// Reads options. Those that the text doesn't name have their defaults, so that options of older runs are read as well.
  public init(json: String) throws {
    let defaults = try JSONSerialization.jsonObject(with: Data(try TrainingOptions().json().utf8)) as? [String: Any] ?? [:]
    let named = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any] ?? [:]
    let data = try JSONSerialization.data(withJSONObject: defaults.merging(named) { $1 })
    self = try JSONDecoder().decode(TrainingOptions.self, from: data)
  }

  /// The first option that is outside of what a run may have, as `name value`, since options may come from a file; nil if there is none.
  var problem: String? { recipe.problem ?? execution.problem }
}

extension TrainingOptions: TwoPartCodable {
  public var parts: (Recipe, Execution) { (recipe, execution) }

  public init(_ recipe: Recipe, _ execution: Execution) { (self.recipe, self.execution) = (recipe, execution) }
}
