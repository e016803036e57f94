/** What a failed pull says, and whether another try may do better. */

/**
 * `message` is the engine's own text, or the registry's, and the words that clients of AWS look for
 * are in it: `unauthorized`, `not found`, `manifest unknown`.
 */
export class PullFailed extends Error {
  override readonly name = 'PullFailed'
}

/**
 * The registry has answered, and will answer the same again. Everything else may pass: a registry
 * that is away or busy, a name that is not resolved, a limit of pulls in an hour.
 */
const final =
  /unauthori[sz]ed|denied|forbidden|no basic auth credentials|authentication required|not found|(?:manifest|name|blob) unknown|no matching manifest|invalid reference|unsupported|x509:|server gave HTTP response to HTTPS client/i

/** A host that is not found may be found later. */
const passing = /no such host|server misbehaving|toomanyrequests/i

export function mayPass(message: string): boolean {
  return passing.test(message) || !final.test(message)
}

/** AWS keeps so many characters of a reason, and the cause stands at the end of Docker's texts. */
const longestReason = 255
const beginning = 120

/** AWS's reason. No password is in it, even if a registry repeats what it was sent. */
export function pullReason(message: string, password?: string): string {
  const said = password ? message.replaceAll(password, '***') : message
  const reason = `CannotPullContainerError: ${said}`
  if (reason.length <= longestReason) return reason
  const end = longestReason - beginning - ' … '.length
  return `${reason.slice(0, beginning)} … ${reason.slice(-end)}`
}
