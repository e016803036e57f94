import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

interface Credentials {
  readonly username: string
  readonly password: string
}

/**
 * Returns the value of `X-Registry-Auth` for a registry that the operator has logged in to with
 * `docker login` (`auths` in `$DOCKER_CONFIG/config.json`). `undefined` if there is none.
 * Credential helpers are not asked.
 */
export async function registryAuth(
  registry: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const folder = env.DOCKER_CONFIG || join(homedir(), '.docker')
  const text = await readFile(join(folder, 'config.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const key = keyOf(registry)
  const entry = entryOf(text, key)
  if (typeof entry?.auth !== 'string') return undefined
  const pair = Buffer.from(entry.auth, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  if (colon < 0) return undefined
  return authHeader(registry, { username: pair.slice(0, colon), password: pair.slice(colon + 1) })
}

/** The same for a given user and password. */
export function authHeader(registry: string, { username, password }: Credentials): string {
  const auth = { username, password, serveraddress: keyOf(registry) }
  // The padding stays, which Node's base64url omits: Docker treats a value without it as no
  // credentials at all.
  return Buffer.from(JSON.stringify(auth)).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

/** What must not be read by others of a value that was sent, in each form in which a text may quote it. */
export function secretsOf(header: string): string[] {
  const { username, password } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as Credentials
  const pair = Buffer.from(`${username}:${password}`)
  return [
    ...[password, encodeURIComponent(password), JSON.stringify(password).slice(1, -1)],
    ...[pair.toString('base64'), pair.toString('base64url'), header],
  ]
}

/** The registry's name as Docker's own client writes it. */
function keyOf(registry: string): string {
  return registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry
}

function entryOf(text: string, key: string): { auth?: unknown } | undefined {
  try {
    const auths = (JSON.parse(text) as { auths?: Record<string, { auth?: unknown }> }).auths ?? {}
    return [key, `https://${key}`].filter((it) => Object.hasOwn(auths, it)).map((it) => auths[it])[0]
  } catch {
    // Docker's own client would refuse this file as well, so the pull has no credentials.
    return undefined
  }
}
