/**
 * Users as `openbatch user` knows them: each with one of two roles and a key. The command works on
 * the data directory itself, whether or not a server runs.
 */
import type { TimeMs } from '../model/time.ts'
import { newRandomPart } from './identities/arn.ts'
import { createAccessKey, replaceAccessKeys } from './identities/decide-access-key.ts'
import { createUser, eraseUser, setUserDisabled } from './identities/decide-user.ts'
import { accept, type Decision, type Occasion, put } from './identities/decision.ts'
import type { User } from './identities/entities.ts'
import type { Identities } from './identities/identities.ts'
import { IdentityDirectory, isActiveAdministrator } from './identities/identity-directory.ts'
import { shippedPolicyId } from './identities/shipped-policies.ts'
import { checkKeyPair, checkName, checkRole, type KeyPair, newKeyPair, type Role, type UserView } from './user.ts'
import { orProblem, UserProblem } from './user-problem.ts'

export interface NewUser {
  readonly name: string
  readonly role: Role
  readonly key?: KeyPair
}

/** Opens a data directory, as `IdentityDirectory` does. */
export function openUsers(dataDir: string, now: TimeMs): Users {
  return new Users(new IdentityDirectory(dataDir, now))
}

export class Users {
  readonly #directory: IdentityDirectory

  constructor(directory: IdentityDirectory) {
    this.#directory = directory
  }

  /** In the order they were added. */
  list(): readonly UserView[] {
    const known = this.#directory.current()
    return known.list('user').map((user) => this.#view(known, user))
  }

  /** Returns the secret of the key that the view shows. Throws `UserProblem` if there is none. */
  secretOf({ name, key }: UserView): string {
    const known = key && this.#directory.current().find('accessKey', key.accessKeyId)
    if (!known) throw new UserProblem(`The user ${name} has no access key.`)
    return this.#directory.secretOf(known)
  }

  /** Throws `UserProblem` for a name or key id that is in use or not valid. */
  add(user: NewUser, now: TimeMs): UserView {
    checkName(user.name)
    checkRole(user.role)
    if (user.key) checkKeyPair(user.key)
    const decide = this.#toAdd(user, now)
    return this.#change((known) => {
      if (known.isTaken('user', user.name))
        throw new UserProblem(`There is already a user ${JSON.stringify(user.name)}.`)
      return decide(known)
    }, user.name)
  }

  /** Returns the first administrator who may sign in. Makes one (named `admin`) if there is no user at all. */
  ensureAdministrator(now: TimeMs, key?: KeyPair): UserView | undefined {
    const decide = this.#toAdd({ name: 'admin', role: 'admin', ...(key ? { key } : {}) }, now)
    orProblem(this.#directory.change((known) => (known.count('user') === 0 ? decide(known) : accept(undefined))))
    const known = this.#directory.current()
    const first = known.list('user').find((user) => isActiveAdministrator(known, user))
    return first && this.#view(known, first)
  }

  /**
   * Throws `UserProblem` for an unknown name, and for the last administrator who can sign in.
   */
  remove(name: string): void {
    orProblem(this.#directory.change((known) => eraseUser(known, present(known, name))))
  }

  /** Throws as `remove` does. */
  setDisabled(name: string, disabled: boolean, now: TimeMs): UserView {
    return this.#change((known) => setUserDisabled(known, { userName: present(known, name), disabled }, { now }), name)
  }

  /** Gives the user a new key. The old key stops working at once. Throws as `remove` does. */
  rotateKey(name: string, now: TimeMs): UserView {
    const key = newKeyPair()
    return this.#change((known) => replaceAccessKeys(known, present(known, name), this.#seal(key), { now }), name)
  }

  #toAdd({ name, role, key = newKeyPair() }: NewUser, now: TimeMs): (known: Identities) => Decision<unknown> {
    const occasion: Occasion = { now, account: '', randomPart: newRandomPart() }
    const policyId = shippedPolicyId(role === 'admin' ? 'OpenBatchAdmin' : 'OpenBatchUser')
    return (known) => {
      const created = createUser(known, { userName: name }, occasion)
      if (created.kind === 'refusal') return created
      const user = put({ ...created.answer, attachedPolicyIds: [policyId] })
      const keyed = createAccessKey(known.after([user]), name, this.#seal(key), occasion)
      return keyed.kind === 'refusal' ? keyed : accept(undefined, user, ...keyed.changes)
    }
  }

  /** Within a change: before it, the sealing key might be one that another process drops meanwhile. */
  #seal({ accessKeyId, secretAccessKey }: KeyPair) {
    return { accessKeyId, sealedSecret: this.#directory.secrets.seal(accessKeyId, secretAccessKey) }
  }

  #change(decide: (known: Identities) => Decision<unknown>, name: string): UserView {
    orProblem(this.#directory.change(decide))
    const known = this.#directory.current()
    return this.#view(known, known.named('user', present(known, name))!)
  }

  #view(known: Identities, user: User): UserView {
    const { name, disabled, createdAtMs } = user
    const keys = known.keysOf(user)
    const key = keys.find(({ status }) => status === 'Active') ?? keys[0]
    const shown = key && { accessKeyId: key.id, createdAtMs: key.createdAtMs }
    const role = roleOf(known, user)
    return { name, disabled, createdAtMs, ...(role && { role }), ...(shown && { key: shown }) }
  }
}

function present(known: Identities, name: string): string {
  if (!known.named('user', name)) throw new UserProblem(`There is no user ${JSON.stringify(name)}.`)
  return name
}

/** By the shipped policies that count for the user. */
function roleOf(known: Identities, user: User): Role | undefined {
  const names = known.policiesOf(user).flatMap((policy) => (policy.kind === 'shipped' ? [policy.name] : []))
  if (names.includes('OpenBatchAdmin')) return 'admin'
  return names.includes('OpenBatchUser') ? 'user' : undefined
}
