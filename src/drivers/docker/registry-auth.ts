import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * The value of `X-Registry-Auth` for a registry the operator has logged in to with `docker login` (`auths` in
 * `$DOCKER_CONFIG/config.json`). `undefined` where there is none. Credential helpers are not asked.
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

/** The same for a user and password at hand. */
export function authHeader(registry: string, { username, password }: { username: string; password: string }): string {
  const auth = { username, password, serveraddress: keyOf(registry) }
  // With its padding, which Node's base64url leaves out: Docker takes what has none for no credentials at all.
  return Buffer.from(JSON.stringify(auth)).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}

/** As Docker's own client names the registry. */
function keyOf(registry: string): string {
  return registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry
}

function entryOf(text: string, key: string): { auth?: unknown } | undefined {
  try {
    const auths = (JSON.parse(text) as { auths?: Record<string, { auth?: unknown }> }).auths ?? {}
    return [key, `https://${key}`].filter((it) => Object.hasOwn(auths, it)).map((it) => auths[it])[0]
  } catch {
    // A file that Docker's own client would refuse as well: pull without credentials.
    return undefined
  }
}
