import Foundation

/// A real browser without a window: Debian's `chromium`.
public enum Browser {
  /// Nil where there is none.
  public static let path: String? = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    for name in ["chromium", "chromium-browser", "google-chrome"] {
      for folder in folders where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") { return "\(folder)/\(name)" }
    }
    return nil
  }()

  /// Opens a copy of a page that has a script at its end, and gives what that found out.
  ///
  /// The script is the body of a function that runs when the page is ready and all of its pictures are read; what it returns
  /// comes back as JSON.
  ///
  /// - Parameters:
  ///   - page: a file; the copy is made beside it, so that relative addresses stay right.
  ///   - fragment: the address's end, after `#`.
  /// - Returns: the script's value, and seconds from the start of the page to when it could be used.
  public static func run<Value: Decodable>(
    _ script: String, in page: String, fragment: String = "", as type: Value.Type
  ) throws -> (value: Value, ready: Double) {
    guard let path else { throw ProcessError(description: "there is no browser") }
    let test = """
      <script>
      for (const image of document.images) image.loading = "eager";
      addEventListener("load", () => {
        const report = { ready: performance.getEntriesByType("navigation")[0].domInteractive / 1000 };
        try { report.value = (() => { \(script) })(); } catch (error) { report.error = String(error.stack); }
        const node = document.createElement("pre");
        node.textContent = "report" + btoa(unescape(encodeURIComponent(JSON.stringify(report)))) + "end";
        document.body.append(node);
      });
      </script></body>
      """
    let copy = (page as NSString).deletingPathExtension + "-test.html"
    try String(contentsOfFile: page, encoding: .utf8).replacingOccurrences(of: "</body>", with: test)
      .write(toFile: copy, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(atPath: copy) }
    let profile = try TemporaryFolder()
    let address = URL(fileURLWithPath: copy).absoluteString + (fragment.isEmpty ? "" : "#" + fragment)
    let result = try RunningProcess([
      path, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--user-data-dir=\(profile.path)",
      "--allow-file-access-from-files", "--touch-events=enabled", "--window-size=1300,900", "--dump-dom", address,
    ]).wait(timeout: 300)
    var error = "nothing"
    if let start = result.output.range(of: "<pre>report"),
      let end = result.output.range(of: "end</pre>", range: start.upperBound..<result.output.endIndex),
      let data = Data(base64Encoded: String(result.output[start.upperBound..<end.lowerBound])),
      let report = try? JSONDecoder().decode(Report<Value>.self, from: data)
    {
      if let value = report.value { return (value, report.ready) }
      error = report.error ?? error
    }
    throw ProcessError(
      description: "\(page) reports \(error); the browser ended with \(result.exitCode) after \(result.seconds) s")
  }
}

/// What a test's script says.
private struct Report<Value: Decodable>: Decodable {
  let error: String?
  let ready: Double
  let value: Value?
}
