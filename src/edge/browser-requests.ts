/**
 * Which requests of a browser a cookie may speak for. A page of another origin cannot sign, but its
 * requests would carry the cookie: so the host must be one of ours (or a page under a name that was
 * made to resolve to this machine would be of our origin), and a change must come from our origin.
 */
import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

/** Whether the server is opened under this name, in lower case and without port. Under its addresses it always is. */
export type OwnHosts = (name: string) => boolean

const reading = new Set(['GET', 'HEAD'])

/** Returns a sentence if the cookie may not speak for the request. */
export function refusedInBrowser(request: FastifyRequest, hosts: OwnHosts): string | undefined {
  const { headers, method } = request
  const { host = '', origin } = headers
  if (!isOwnHost(host, hosts))
    return `This server is not known as ${JSON.stringify(host.slice(0, 200))}. Its operator can add the name to console.hosts.`
  const site = headers['sec-fetch-site']
  const own = `${request.protocol}://${host}`.toLowerCase()
  if (origin === undefined) {
    // Every browser sends it with a change. Opened by hand or from our pages, a page may be read.
    if (!reading.has(method)) return 'The request has no Origin.'
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'The request comes from another site.'
    return undefined
  }
  return origin.toLowerCase() === own ? undefined : 'The request comes from another origin.'
}

function isOwnHost(host: string, hosts: OwnHosts): boolean {
  const name = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/i.exec(host)
  const text = (name?.[1] ?? name?.[2])?.toLowerCase()
  return text !== undefined && (isIP(text) !== 0 || hosts(text))
}

/** The value of the session's cookie. The name says whether it came over TLS only. */
export function cookieOf({ headers: { cookie }, protocol }: FastifyRequest): string | undefined {
  const wanted = `${cookieName(protocol)}=`
  for (const part of (cookie ?? '').split(';', 50)) {
    const text = part.trim()
    if (text.startsWith(wanted)) return text.slice(wanted.length)
  }
  return undefined
}

/** Browsers take `__Host-` only over TLS, for this host alone and all of its paths. */
function cookieName(protocol: string): string {
  return protocol === 'https' ? '__Host-openbatch' : 'openbatch-session'
}

/** `maxAgeSeconds` 0 removes it. */
export function setCookie(protocol: string, value: string, maxAgeSeconds: number): string {
  const secure = protocol === 'https' ? '; Secure' : ''
  return `${cookieName(protocol)}=${value}; Path=/; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Strict${secure}`
}
