/// All that differs between Open MPI 4.1 and 5.0 where ranks are started and their ends are understood; nothing of it stands elsewhere.
///
/// Measured with 4.1.4 (Debian 12) and 5.0.7 with PRRTE (Debian 13):
///
///                                       4.1                                  5.0
///   parameters of mpirun's own part     --mca, OMPI_MCA_…                    --prtemca, PRTE_MCA_… (OMPI_MCA_… is ignored)
///   what reaches other hosts            plm_rsh_agent                        plm_ssh_agent
///   shared memory                       btl vader                            btl sm
///   ranks of one host, no network       quiet                                a warning per rank, unless btl is ^tcp
///   a cut link, with keepalives         code 205 after 6 s                   code 0 after 6 s: only rank 0's sign tells
///   a cut link, without                 hangs                                hangs
///   SIGUSR1 to mpirun                   passed on to all ranks at once       the same
///   SIGTERM to mpirun                   the ranks have 1 s                   0.5 s; what they print in it is lost
///   a rank killed by a signal           128 + its number                     the same
///   left by a killed mpirun             /dev/shm/vader_segment.*,            /dev/shm/sm_segment.*,
///                                       ompi.HOST.UID/pid.PID, …/jf.*        prte*.HOST.PID.UID
///
/// Unknown parameters are ignored by both, so what only one of them has does no harm; it is left out all the same.
package struct OpenMPI: Equatable, Sendable {
  package struct Parameter: Equatable, Sendable {
    let name: String
    let value: String
  }

  /// 4 or 5.
  package let major: Int

  /// - Parameter major: 4 or 5.
  package init(major: Int) { self.major = major }

  /// The Open MPI whose mpirun says that of itself; 4 where there is none.
  package init(versionText: String) {
    let first = versionText.lines.first ?? ""
    let number = first.firstMatch(of: /.*\) ([0-9]{1,6})\./).flatMap { Int($0.1) }
    self.init(major: number ?? 4 >= 5 ? 5 : 4)
  }

  /// The option for a parameter of mpirun's own part.
  var runtimeOption: String { major == 5 ? "--prtemca" : "--mca" }
  /// What stands before the name of such a parameter in the environment.
  private var runtimePrefix: String { major == 5 ? "PRTE_MCA_" : "OMPI_MCA_" }
  var agentParameter: String { major == 5 ? "plm_ssh_agent" : "plm_rsh_agent" }

  /// Two copies through shared memory are faster than one by the kernel, at the sizes that gradients travel in.
  var sharedMemoryParameters: [Parameter] {
    major == 5 ? [] : [Parameter(name: "btl_vader_single_copy_mechanism", value: "none")]
  }
  var oneHostParameters: [Parameter] { major == 5 ? [Parameter(name: "btl", value: "^tcp")] : [] }

  /// The options that set a parameter of the MPI library, unless the environment has it.
  func library(_ parameter: Parameter, _ variables: Variables) -> [String] {
    variables["OMPI_MCA_\(parameter.name)"] == nil ? ["--mca", parameter.name, parameter.value] : []
  }

  /// The same for one of mpirun's own part. What the environment says under a name that this mpirun doesn't read is handed to it.
  func runtime(_ name: String, _ value: String, _ variables: Variables) -> [String] {
    variables[runtimePrefix + name] == nil ? [runtimeOption, name, variables["OMPI_MCA_\(name)"] ?? value] : []
  }

  /// The options that name what reaches other hosts, where this mpirun would not see it.
  func agent(_ variables: Variables) -> [String] {
    guard let agent = Self.givenAgent(variables), variables[runtimePrefix + agentParameter] == nil else { return [] }
    return [runtimeOption, agentParameter, agent]
  }

  /// The command that reaches other hosts, if the user has named one, under whichever of its names.
  package static func givenAgent(_ variables: Variables) -> String? {
    variables["PRTE_MCA_plm_ssh_agent"] ?? variables["OMPI_MCA_plm_ssh_agent"] ?? variables["OMPI_MCA_plm_rsh_agent"]
  }

  /// What to say of an mpirun that isn't Open MPI's, by what it says of itself; nil if it is. What another MPI's mpirun starts are as
  /// many programs that know nothing of each other.
  ///
  /// - Parameter path: of that mpirun.
  package static func complaint(versionText: String, path: String) -> LaunchError? {
    func says(_ names: String...) -> Bool { names.contains { versionText.contains($0) } }
    let remedy =
      "the program is built with Open MPI: put Open MPI's folder first in PATH (module load openmpi; on Debian apt-get install "
      + "openmpi-bin, then update-alternatives --config mpirun)"
    if versionText.isEmpty || says("Open MPI", "OpenRTE", "PRRTE", "prte") { return nil }
    let owner =
      if says("Intel") { "Intel MPI's" } else if says("HYDRA", "Hydra", "MPICH") { "MPICH's Hydra" } else if says("MVAPICH") {
        "MVAPICH's"
      } else { nil as String? }
    return LaunchError(
      code: 3,
      owner.map { "mpirun is \($0) (\(path)), and \(remedy)" }
        ?? "mpirun (\(path)) is not Open MPI's: it says '\(versionText.lines.first ?? "")'; and \(remedy)")
  }
}
