/** Finds the key that a request is signed with, and its owner: a user, or a session. */
import { limits } from '../model/limits.ts'
import type { TimeMs } from '../model/time.ts'
import { namedPolicies } from './granted-policies.ts'
import type { Role, User } from './identities/entities.ts'
import type { Identities } from './identities/identities.ts'
import type { IdentityDirectory } from './identities/identity-directory.ts'
import type { Principal, PrincipalSession } from './principal.ts'
import type { SessionClaims } from './sessions/session-claims.ts'
import { isSessionKeyId, type OpenedSession, openSession } from './sessions/session-credentials.ts'
import { partiesOf, type SessionParties } from './sessions/session-end.ts'
import type { Key } from './signature.ts'

/** How far a running server may lag behind the store, for a key it knows. */
export const staleForMs = 100

/** Whether a session has ended early for a reason outside the identities: its attempt is over. */
export type HasEnded = (claims: SessionClaims) => boolean

type Directory = Pick<IdentityDirectory, 'current' | 'secretOf' | 'sealingKeys' | 'changesMade'>

export class Credentials {
  readonly #directory: Directory
  readonly #hasEnded: HasEnded
  /** The result of the last look; undefined if that failed. */
  #seen: { readonly known: Identities; readonly atMs: TimeMs; readonly changesMade: number } | undefined
  /** Made of the identities last looked at, by access key id. */
  #keys = new Map<string, Key<Principal>>()
  /** Sessions that were opened since the last look, by access key id and token. */
  readonly #opened = new Map<string, OpenedSession>()
  /** Made of the identities too, by the id of a user or role. */
  #policies = new Map<string, Principal['policies']>()

  constructor(directory: Directory, hasEnded: HasEnded = () => false) {
    this.#directory = directory
    this.#hasEnded = hasEnded
  }

  /**
   * Returns the key of that id. A known key is at most `staleForMs` behind what other processes write
   * into the store, and never behind this one; a new key is found at once. Throws if the identities cannot be read. `sessionToken` is what the request shows
   * beside its signature.
   */
  findKey(accessKeyId: string, now: TimeMs, sessionToken?: string): Key<Principal> | undefined {
    if (isSessionKeyId(accessKeyId)) return this.#findSession(accessKeyId, sessionToken, now)
    // A user who was added a moment ago may use their key at once.
    return this.#findAccessKey(this.#recent(now), accessKeyId) ?? this.#findAccessKey(this.#look(now), accessKeyId)
  }

  /** Returns the user of this name as requests know them. */
  findPrincipal(name: string, now: TimeMs): Principal | undefined {
    const known = this.#look(now)
    const user = known.named('user', name)
    return user && this.#principal(known, user)
  }

  /** The same, but as far behind as a known key may be. */
  recentPrincipal(name: string, now: TimeMs): Principal | undefined {
    const known = this.#recent(now)
    const user = known.named('user', name)
    return user && this.#principal(known, user)
  }

  #findAccessKey(known: Identities, accessKeyId: string): Key<Principal> | undefined {
    const found = this.#keys.get(accessKeyId)
    if (found) return found
    const accessKey = known.find('accessKey', accessKeyId)
    const user = accessKey && known.find('user', accessKey.userId)
    if (!user) return undefined
    const key: Key<Principal> = {
      accessKeyId,
      secretAccessKey: this.#directory.secretOf(accessKey),
      owner: this.#principal(known, user),
      disabled: user.disabled || accessKey.status === 'Inactive',
    }
    this.#keys.set(accessKeyId, key)
    return key
  }

  /** A session that ended early is treated as unknown. The signature check reports one that has expired. */
  #findSession(accessKeyId: string, token: string | undefined, now: TimeMs): Key<Principal> | undefined {
    const known = this.#recent(now)
    const opened = token === undefined ? undefined : this.#openSession(accessKeyId, token)
    if (!opened || token === undefined) return undefined
    const { claims, secretAccessKey } = opened
    const parties = partiesOf(known, claims)
    if (!parties || this.#hasEnded(claims)) return undefined
    const session: PrincipalSession = {
      ...(parties.role && {
        assumedRole: {
          ...{ id: parties.role.id, name: parties.role.name, path: parties.role.path },
          sessionName: claims.role!.sessionName,
        },
      }),
      ...(claims.attempt && { attempt: claims.attempt }),
    }
    return {
      ...{ accessKeyId, secretAccessKey, disabled: false },
      owner: { ...this.#ownerOf(known, parties, claims), session },
      session: { token, expiresAtMs: claims.expiresAtMs },
    }
  }

  /**
   * Opens the token once for many requests of a client, and again after each look at the identities,
   * because the sealing key may be gone.
   */
  #openSession(accessKeyId: string, token: string): OpenedSession | undefined {
    const name = `${accessKeyId} ${token}`
    const known = this.#opened.get(name)
    if (known) return known
    const opened = openSession(this.#directory.sealingKeys, accessKeyId, token)
    if (opened && this.#opened.size < limits.sessionsKeptOpen) this.#opened.set(name, opened)
    return opened
  }

  /** A job without a role has no policies, and of its owner's rights only those over objects. */
  #ownerOf(known: Identities, { user, role }: SessionParties, { attempt }: SessionClaims): Principal {
    if (attempt && !role)
      return { name: user.name, userId: user.id, policies: [], forObjects: this.#principal(known, user) }
    return this.#principal(known, user, role)
  }

  /** An assumed role has its own policies instead of the user's. */
  #principal(known: Identities, user: User, role?: Role): Principal {
    const holder = role ?? user
    const policies = this.#policies.get(holder.id) ?? namedPolicies(known.policiesOf(holder))
    this.#policies.set(holder.id, policies)
    return { name: user.name, path: user.path, tags: holder.tags, userId: user.id, policies }
  }

  #recent(now: TimeMs): Identities {
    // A clock that was set back must not keep the server from looking.
    const seen = this.#seen
    const isFresh = seen !== undefined && now >= seen.atMs && now - seen.atMs < staleForMs
    return isFresh && seen.changesMade === this.#directory.changesMade ? seen.known : this.#look(now)
  }

  #look(now: TimeMs): Identities {
    const before = this.#seen?.known
    this.#seen = undefined
    this.#opened.clear()
    const { changesMade } = this.#directory
    const known = this.#directory.current()
    if (known !== before) {
      this.#keys = new Map()
      this.#policies = new Map()
    }
    this.#seen = { known, atMs: now, changesMade }
    return known
  }
}
