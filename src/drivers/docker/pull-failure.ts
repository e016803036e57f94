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

/** What stands for a credential in a text that users read. */
const hidden = '***'

/** Names of query parameters that say what is asked for. The values of all others may open something. */
const harmlessParameter = /^(?:account|client_id|last|n|ns|offline_token|scope|service)$/i

/** What of a text is looked through. Registries write the rest, and may write much. */
const lookedThrough = 16_384

/**
 * The text without credentials: without the `secrets` that were sent, and without what looks like
 * one. Engines and registries quote addresses with a user and a password, signed addresses of
 * storage, and headers.
 */
export function withoutCredentials(text: string, secrets: readonly string[] = []): string {
  let clean = text
  // The longest first, because one may be part of another.
  for (const secret of [...secrets].sort((a, b) => b.length - a.length))
    if (secret !== '') clean = clean.replaceAll(secret, hidden)
  return ends(clean)
    .replace(/(:\/\/)[^\s"'<>/?#]*@/g, `$1${hidden}@`)
    .replace(/([?&])([\w.~%-]+)=[^\s"'<>&#]*/g, (whole, mark: string, name: string) =>
      harmlessParameter.test(name) ? whole : `${mark}${name}=${hidden}`,
    )
    .replace(/\b(Bearer|Basic)\s+[\w.~+/-]{8,}=*(?![\w"=])/gi, `$1 ${hidden}`)
    .replace(/((?:token|password|secret|auth)\\?"\s*:\s*\\?")[^"\\]+/gi, `$1${hidden}`)
    .replace(/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, hidden)
}

/** The word in which the end begins is left out, because it may be half a secret. */
function ends(text: string): string {
  if (text.length <= lookedThrough) return text
  const half = lookedThrough / 2
  return `${text.slice(0, half)} … ${text.slice(-half).replace(/^\S+/, '')}`
}

/** AWS keeps so many characters of a reason, and the cause stands at the end of Docker's texts. */
const longestReason = 255
const beginning = 120

/** AWS's reason. No password is in it, even if a registry repeats what it was sent. */
export function pullReason(message: string, password = ''): string {
  return shortened(`CannotPullContainerError: ${withoutCredentials(message, [password])}`)
}

/** At most as long as a reason may be: a longer text loses its middle. */
export function shortened(text: string): string {
  if (text.length <= longestReason) return text
  const end = longestReason - beginning - ' … '.length
  return `${text.slice(0, beginning)} … ${text.slice(-end)}`
}
