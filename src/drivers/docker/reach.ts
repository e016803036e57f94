/**
 * Tries addresses of this host from inside a network namespace of the engine's, as its containers
 * reach them. A program of this machine enters the namespace, so that no image is needed.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { limits } from '../../model/limits.ts'

/** Answers of any status count: something listens there and speaks HTTP. */
const script = `
const tries = process.argv.slice(1).map((url) => new Promise((resolve) => {
  const get = require(url.startsWith('https:') ? 'node:https' : 'node:http').get
  const request = get(url, { timeout: ${limits.reachTryMs} }, (response) => { response.resume(); resolve(null) })
  request.on('timeout', () => request.destroy(new Error('no answer')))
  request.on('error', (error) => resolve(error.message || error.code))
}))
Promise.all(tries).then((all) => process.stdout.write(JSON.stringify(all), () => process.exit()))
`

/**
 * Resolves with why each address is not reached, or null. Undefined where this process cannot enter
 * the namespace: it is not root, or the engine is on another machine.
 */
export async function reachFrom(
  pid: number,
  urls: readonly string[],
  { trustFile, signal }: { readonly trustFile: string | undefined; readonly signal: AbortSignal },
): Promise<readonly (string | null)[] | undefined> {
  const namespace = `/proc/${pid}/ns/net`
  if (process.getuid?.() !== 0 || pid === 0 || !existsSync(namespace)) return undefined
  const args = [`--net=${namespace}`, process.execPath, '-e', script, ...urls]
  const env = trustFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: trustFile }
  const options = { env: { PATH: '/usr/bin:/bin', ...env }, signal, timeout: limits.reachTryMs * 2 }
  return new Promise((resolve) =>
    execFile('nsenter', args, options, (error, stdout) =>
      resolve(error ? undefined : (JSON.parse(stdout) as (string | null)[])),
    ),
  )
}
