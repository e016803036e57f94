/**
 * Which proxy a request goes through, as the AWS CLI decides it, whose rules are those of Python's
 * `urllib`. Node has rules of its own for `NO_PROXY`: there `example.com` is one host, and here it is
 * all hosts below it too. Pure.
 */
import type { Environment } from './settings.ts'

/** The proxy's URL; undefined if the request goes straight to its host. */
export function proxyFor(url: URL, env: Environment): string | undefined {
  const proxy = variable(env, `${url.protocol.slice(0, -1)}_proxy`)
  if (!proxy || bypasses(url, variable(env, 'no_proxy') ?? '')) return undefined
  if (proxy.startsWith('http:') || proxy.startsWith('https:')) return proxy
  return `http://${proxy.replace(/^\/\//, '')}`
}

/** The small letters count if there are both, even with an empty value. */
function variable(env: Environment, name: string): string | undefined {
  return env[name] ?? env[name.toUpperCase()]
}

/** Entries are names of hosts and of domains, with a port or without; `*` alone is every host. */
function bypasses(url: URL, list: string): boolean {
  if (list === '*') return true
  const hosts = [url.hostname, url.host].map((host) => host.toLowerCase())
  const names = list.split(',').map((entry) => entry.trim().replace(/^\.+/, '').toLowerCase())
  return names.some((name) => name !== '' && hosts.some((host) => host === name || host.endsWith(`.${name}`)))
}
