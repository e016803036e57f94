/**
 * Sessions of people at a browser. The cookie is a sealed token, so that sessions need no table and
 * outlive a restart. A session ends with its user, with what was shown to begin it (an access key, a
 * password), when its time is over, or when the person signs out.
 */
import { randomBytes } from 'node:crypto'
import { stableId } from '../../ground/stable-id.ts'
import { limits } from '../../model/limits.ts'
import type { TimeMs } from '../../model/time.ts'
import type { User } from '../identities/entities.ts'
import type { IdentityDirectory } from '../identities/identity-directory.ts'
import { verifyPassword } from '../identities/password.ts'
import type { Principal } from '../principal.ts'
import { SealedTokens } from '../sealed-tokens.ts'
import { equalInConstantTime } from '../signature.ts'
import { UsedOnce } from './used-once.ts'

/** What a session was begun with: an access key, or the password that the user had. */
type Proof = { readonly accessKeyId: string } | { readonly passwordMark: string }

interface Claims {
  /** Random. */
  readonly id: string
  readonly userId: string
  readonly proof: Proof
  readonly issuedAtMs: TimeMs
  readonly expiresAtMs: TimeMs
}

export interface ConsoleSession {
  readonly principal: Principal
  readonly issuedAtMs: TimeMs
  readonly expiresAtMs: TimeMs
}

interface Options {
  readonly directory: Pick<IdentityDirectory, 'current' | 'sealingKeys' | 'secretOf'>
  /** The user of this name as requests know them. */
  readonly principalOf: (name: string, now: TimeMs) => Principal | undefined
}

const sessionTokens = new SealedTokens('console sessions')
const linkTokens = new SealedTokens('console links')
/** Longer tokens are not looked at. */
const longestToken = 2048

export class ConsoleSessions {
  readonly #options: Options
  /** Links end with this process, so that none can be used twice. */
  readonly #process = randomBytes(16).toString('hex')
  readonly #usedLinks = new UsedOnce(limits.consoleLinks)
  readonly #signedOut = new UsedOnce(limits.consoleSignOuts)

  constructor(options: Options) {
    this.#options = options
  }

  /** Returns a token for one sign-in as the owner of the key, soon. */
  makeLink(userId: string, accessKeyId: string, now: TimeMs): { readonly token: string; readonly expiresAtMs: TimeMs } {
    const expiresAtMs = now + limits.consoleLinkMs
    const claims: Claims = { id: newId(), userId, proof: { accessKeyId }, issuedAtMs: now, expiresAtMs }
    const token = linkTokens.seal(this.#options.directory.sealingKeys, JSON.stringify(claims), this.#process)
    return { token, expiresAtMs }
  }

  /** These return the cookie's value, or undefined for whoever may not sign in. A link serves once. */
  signInByLink(token: string, now: TimeMs): string | undefined {
    const claims = this.#open(linkTokens, token, this.#process)
    const user = claims && this.#userOf(claims, now)
    if (!user || !this.#usedLinks.use(claims.id, claims.expiresAtMs, now)) return undefined
    return this.#begin(user, claims.proof, now)
  }

  signInByKey(accessKeyId: string, secret: string, now: TimeMs): string | undefined {
    const { directory } = this.#options
    const known = directory.current()
    const key = known.find('accessKey', accessKeyId)
    const user = key && known.find('user', key.userId)
    if (!user || user.disabled || key.status !== 'Active' || !equalInConstantTime(secret, directory.secretOf(key)))
      return undefined
    return this.#begin(user, { accessKeyId }, now)
  }

  async signInByPassword(name: string, password: string, now: TimeMs): Promise<string | undefined> {
    const { directory } = this.#options
    const profile = directory.current().named('user', name)?.loginProfile
    if (!(await verifyPassword(password, profile?.password)) || !profile) return undefined
    // They choose another first: `aws iam change-password`.
    if (profile.passwordResetRequired) return undefined
    // Another could have been set while this one was compared.
    const user = directory.current().named('user', name)
    const passwordMark = markOf(user)
    if (!user || user.disabled || passwordMark !== stableId(profile.password.hash, 16)) return undefined
    return this.#begin(user, { passwordMark }, now)
  }

  /** Undefined for a session that is over, and any other text. */
  find(token: string, now: TimeMs): ConsoleSession | undefined {
    const claims = this.#open(sessionTokens, token, '')
    const user = claims && !this.#signedOut.has(claims.id) ? this.#userOf(claims, now) : undefined
    const principal = user && this.#options.principalOf(user.name, now)
    if (!claims || principal?.userId !== claims.userId) return undefined
    return { principal, issuedAtMs: claims.issuedAtMs, expiresAtMs: claims.expiresAtMs }
  }

  signOut(token: string, now: TimeMs): void {
    const claims = this.#open(sessionTokens, token, '')
    if (claims) this.#signedOut.use(claims.id, claims.expiresAtMs, now)
  }

  #begin(user: User, proof: Proof, now: TimeMs): string {
    const expiresAtMs = now + limits.consoleSessionMs
    const claims: Claims = { id: newId(), userId: user.id, proof, issuedAtMs: now, expiresAtMs }
    return sessionTokens.seal(this.#options.directory.sealingKeys, JSON.stringify(claims), '')
  }

  #open(tokens: SealedTokens, token: string, bound: string): Claims | undefined {
    if (token.length > longestToken) return undefined
    const text = tokens.open(this.#options.directory.sealingKeys, token, bound)
    return text === undefined ? undefined : (JSON.parse(text) as Claims)
  }

  /** The user, if nothing has ended what the claims say. */
  #userOf({ userId, proof, issuedAtMs, expiresAtMs }: Claims, now: TimeMs): User | undefined {
    const known = this.#options.directory.current()
    const user = known.find('user', userId)
    if (!user || user.disabled || now >= expiresAtMs) return undefined
    if (issuedAtMs <= (user.sessionsEndedAtMs ?? Number.NEGATIVE_INFINITY)) return undefined
    if ('passwordMark' in proof) return markOf(user) === proof.passwordMark ? user : undefined
    const key = known.find('accessKey', proof.accessKeyId)
    return key?.userId === userId && key.status === 'Active' ? user : undefined
  }
}

function markOf(user: User | undefined): string | undefined {
  return user?.loginProfile && stableId(user.loginProfile.password.hash, 16)
}

function newId(): string {
  return randomBytes(12).toString('base64url')
}
