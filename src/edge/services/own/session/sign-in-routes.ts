/**
 * The pages by which a browser signs in and out: by an access key, by the console password, or by a
 * link of `openbatch open`. docs/operate/console-sign-in.md
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ConsoleSessions } from '../../../../access/console/console-sessions.ts'
import { TokenBuckets } from '../../../../ground/token-bucket.ts'
import { limits } from '../../../../model/limits.ts'
import type { TimeMs } from '../../../../model/time.ts'
import { cookieOf, type OwnHosts, refusedInBrowser, setCookie } from '../../../browser-requests.ts'
import { ApiFailure, failure } from '../../../errors.ts'
import { restJson } from '../../../protocols/rest-json.ts'
import { networkOf } from '../../../request-limits.ts'
import type { PublicRoute } from '../../../service.ts'
import { signInPage, signInScript } from './sign-in-page.ts'

export interface SignInOptions {
  readonly sessions: ConsoleSessions
  readonly hosts: OwnHosts
  readonly now: () => TimeMs
}

const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
const bodyMost = 8192

export function signInRoutes(options: SignInOptions): readonly PublicRoute[] {
  const attempts = new TokenBuckets(limits.consoleSignIns, limits.addressesCounted)
  const publicBecause = 'by it a browser signs in, or out; it holds no data'
  const route = (method: 'GET' | 'POST', url: string, answer: PublicRoute['answer']): PublicRoute => ({
    ...{ method, url, publicBecause, protocol: restJson, answer },
  })
  return [
    route('GET', '/console/sign-in', (_, reply) => show(reply, 200, signInPage(undefined))),
    route('GET', '/console/sign-in.js', (_, reply) =>
      reply
        .header('content-type', 'text/javascript; charset=utf-8')
        .header('x-content-type-options', 'nosniff')
        .send(signInScript),
    ),
    route('POST', '/console/session', (request, reply) => signIn(options, attempts, request, reply)),
    route('POST', '/console/sign-out', (request, reply) => signOut(options, request, reply)),
  ]
}

async function signIn(
  { sessions, hosts, now }: SignInOptions,
  attempts: TokenBuckets,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  refuseOthers(request, hosts)
  const waitSeconds = attempts.take(networkOf(request.ip), now())
  if (waitSeconds !== undefined) {
    const seconds = String(Math.max(1, Math.ceil(waitSeconds)))
    throw new ApiFailure(failure('TooManyRequestsException', 'Too many attempts to sign in.'), {
      'retry-after': seconds,
    })
  }
  const { isForm, fields } = fieldsOf(request)
  const cookie = await cookieFor(sessions, fields, now())
  const session = cookie === undefined ? undefined : sessions.find(cookie, now())
  if (cookie === undefined || !session) {
    request.log.info({ by: Object.keys(fields).slice(0, 3) }, 'sign-in of a browser not accepted')
    // One text for all of them: it does not say which users there are.
    const text = `That was not accepted. A link serves once, for ${limits.consoleLinkMs / 60_000} minutes.`
    if (isForm) return show(reply, 403, signInPage(text))
    throw new ApiFailure(failure('AccessDeniedException', text))
  }
  request.log.info({ user: session.principal.name }, 'a browser signed in')
  reply.header('set-cookie', setCookie(request.protocol, cookie, Math.floor((session.expiresAtMs - now()) / 1000)))
  reply.header('cache-control', 'no-store')
  if (isForm) return reply.redirect('/console/', 303)
  return reply.send({ user: session.principal.name, expiresAtMs: session.expiresAtMs })
}

async function cookieFor(
  sessions: ConsoleSessions,
  { link, accessKeyId, secretAccessKey, user, password }: Readonly<Record<string, string>>,
  now: TimeMs,
): Promise<string | undefined> {
  if (link) return sessions.signInByLink(link, now)
  if (accessKeyId && secretAccessKey) return sessions.signInByKey(accessKeyId, secretAccessKey, now)
  if (user && password) return sessions.signInByPassword(user, password, now)
  return undefined
}

function signOut({ sessions, hosts, now }: SignInOptions, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  refuseOthers(request, hosts)
  const cookie = cookieOf(request)
  if (cookie !== undefined) sessions.signOut(cookie, now())
  reply.header('set-cookie', setCookie(request.protocol, '', 0))
  return reply.redirect('/console/sign-in', 303)
}

function refuseOthers(request: FastifyRequest, hosts: OwnHosts): void {
  const refused = refusedInBrowser(request, hosts)
  if (refused !== undefined) throw new ApiFailure(failure('AccessDeniedException', refused))
}

/** Fields that are not texts, and bodies that are neither a form nor JSON, count as missing. */
function fieldsOf({ body, headers }: FastifyRequest): {
  readonly isForm: boolean
  readonly fields: Readonly<Record<string, string>>
} {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(headers['content-type'] ?? '')
  if (!Buffer.isBuffer(body) || body.length > bodyMost) return { isForm, fields: {} }
  const text = body.toString('utf8')
  try {
    const members = isForm ? [...new URLSearchParams(text)] : Object.entries((JSON.parse(text) ?? {}) as object)
    return { isForm, fields: Object.fromEntries(members.filter(([, value]) => typeof value === 'string')) }
  } catch {
    return { isForm, fields: {} }
  }
}

function show(reply: FastifyReply, status: number, page: string): FastifyReply {
  reply.code(status).header('content-type', 'text/html; charset=utf-8')
  reply.header('content-security-policy', contentSecurityPolicy)
  reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer')
  return reply.header('cache-control', 'no-store').send(page)
}
