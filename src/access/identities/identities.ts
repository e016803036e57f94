/** All identities as they are at one moment, found by name, id or ARN. */

import type { ShippedPolicyName } from '../policy/shipped.ts'
import { arnOf } from './arn.ts'
import type {
  AccessKey,
  Change,
  Group,
  Holder,
  IdentityRecord,
  ManagedPolicy,
  RecordKind,
  Role,
  User,
} from './entities.ts'
import { shippedPolicyIdOfArn, shippedPolicyOfId } from './shipped-policies.ts'

type NamedKind = Exclude<RecordKind, 'accessKey'>
type OfKind<Kind extends RecordKind> = Extract<IdentityRecord, { kind: Kind }>

/** A policy that applies to a user or role, and the holder that brings it. */
export type GrantedPolicy = { readonly holder: Holder } & (
  | { readonly kind: 'inline'; readonly name: string; readonly document: string }
  | { readonly kind: 'managed'; readonly policy: ManagedPolicy }
  | { readonly kind: 'shipped'; readonly name: ShippedPolicyName }
)

export class Identities {
  readonly #records: { readonly [Kind in RecordKind]: Map<string, OfKind<Kind>> }
  readonly #byName: Readonly<Record<NamedKind, Map<string, string>>>
  /** By the ids of users; made when it is first asked for. */
  #keysOfUsers: ReadonlyMap<string, readonly AccessKey[]> | undefined

  constructor(records: Iterable<IdentityRecord> = []) {
    this.#records = { user: new Map(), group: new Map(), role: new Map(), policy: new Map(), accessKey: new Map() }
    this.#byName = { user: new Map(), group: new Map(), role: new Map(), policy: new Map() }
    for (const record of records) this.#put(record)
  }

  /** Returns the identities after these changes. This object stays as it is. */
  after(changes: Iterable<Change>): Identities {
    const next = new Identities(this.all())
    for (const change of changes) {
      if (change.kind === 'put') next.#put(change.record)
      else next.#remove(change.of, change.id)
    }
    return next
  }

  *all(): Generator<IdentityRecord> {
    for (const records of Object.values(this.#records)) yield* records.values()
  }

  /** Returns them in the order of their creation. */
  list<Kind extends RecordKind>(kind: Kind): OfKind<Kind>[] {
    return [...this.#recordsOf(kind).values()]
  }

  count(kind: RecordKind): number {
    return this.#records[kind].size
  }

  find<Kind extends RecordKind>(kind: Kind, id: string): OfKind<Kind> | undefined {
    return this.#recordsOf(kind).get(id)
  }

  named<Kind extends NamedKind>(kind: Kind, name: string): OfKind<Kind> | undefined {
    const id = this.#byName[kind].get(name)
    return id === undefined ? undefined : this.find(kind, id)
  }

  /** Whether the name is taken. IAM ignores case in names. */
  isTaken(kind: NamedKind, name: string): boolean {
    const lower = name.toLowerCase()
    return this.#byName[kind].has(name) || [...this.#byName[kind].keys()].some((known) => known.toLowerCase() === lower)
  }

  keysOf({ id }: User): readonly AccessKey[] {
    this.#keysOfUsers ??= Map.groupBy(this.list('accessKey'), ({ userId }) => userId)
    return this.#keysOfUsers.get(id) ?? []
  }

  groupsOf(user: User): Group[] {
    return user.groupIds.flatMap((id) => this.find('group', id) ?? [])
  }

  membersOf(group: Group): User[] {
    return this.list('user').filter(({ groupIds }) => groupIds.includes(group.id))
  }

  /** Returns the id of a managed policy, which is shipped or of this account. */
  policyIdOf(account: string, arn: string): string | undefined {
    const shipped = shippedPolicyIdOfArn(arn)
    if (shipped !== undefined) return shipped
    const entity = this.entityOf(account, arn)
    return entity?.kind === 'policy' ? entity.id : undefined
  }

  /** Returns the user, group, role or policy of this account that has the ARN. */
  entityOf(account: string, arn: string): User | Group | Role | ManagedPolicy | undefined {
    const kind = /^arn:aws:iam::[0-9]*:(user|group|role|policy)\//.exec(arn)?.[1] as NamedKind | undefined
    const entity = kind && this.named(kind, arn.slice(arn.lastIndexOf('/') + 1))
    return entity && arnOf(account, entity) === arn ? entity : undefined
  }

  /** The role of this ARN, in whichever partition a client writes it. */
  roleOfArn(account: string, arn: string): Role | undefined {
    const role = this.named('role', arn.slice(arn.lastIndexOf('/') + 1))
    return role && arnOf(account, role) === arn.replace(/^arn:aws[a-z-]*:/, 'arn:aws:') ? role : undefined
  }

  holdersOf(policyId: string): Holder[] {
    return [...this.list('user'), ...this.list('group'), ...this.list('role')].filter(({ attachedPolicyIds }) =>
      attachedPolicyIds.includes(policyId),
    )
  }

  /** Returns every policy that applies to the user, group or role: its own, and those of the groups of a user. */
  policiesOf(principal: Holder): GrantedPolicy[] {
    const holders: Holder[] = principal.kind === 'user' ? [principal, ...this.groupsOf(principal)] : [principal]
    return holders.flatMap((holder) => this.#heldBy(holder))
  }

  #heldBy(holder: Holder): GrantedPolicy[] {
    const inline = Object.entries(holder.inlinePolicies).map(
      ([name, document]) => ({ kind: 'inline', holder, name, document }) as const,
    )
    const attached = holder.attachedPolicyIds.flatMap((id): GrantedPolicy[] => {
      const name = shippedPolicyOfId(id)
      if (name !== undefined) return [{ kind: 'shipped', holder, name }]
      const policy = this.find('policy', id)
      return policy ? [{ kind: 'managed', holder, policy }] : []
    })
    return [...inline, ...attached]
  }

  #recordsOf<Kind extends RecordKind>(kind: Kind): Map<string, OfKind<Kind>> {
    return this.#records[kind] as unknown as Map<string, OfKind<Kind>>
  }

  #put(record: IdentityRecord): void {
    const { kind, id } = record
    if (kind !== 'accessKey') {
      const before = this.find(kind, id)
      if (before && before.name !== record.name) this.#byName[kind].delete(before.name)
      this.#byName[kind].set(record.name, id)
    }
    ;(this.#records[kind] as Map<string, IdentityRecord>).set(id, record)
  }

  #remove(kind: RecordKind, id: string): void {
    const record = this.find(kind, id)
    if (record && record.kind !== 'accessKey') this.#byName[record.kind].delete(record.name)
    this.#records[kind].delete(id)
  }
}
