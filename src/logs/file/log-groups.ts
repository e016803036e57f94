/**
 * The log groups that requests made, in a file beside the catalogue: a group without a stream is in
 * no other file. There are few, and they change rarely.
 */
import { ListFile } from '../../ground/list-file.ts'
import { limits } from '../../model/limits.ts'
import type { Refusal } from '../../model/refusal.ts'
import { groupIsThere, limitReached, noSuchGroup } from '../log-refusal.ts'

export interface LogGroup {
  readonly name: string
  readonly owner: string
  readonly createdMs: number
  readonly retentionInDays?: number
}

export class LogGroups {
  readonly #file: ListFile<LogGroup>
  /** Only this process changes the file. */
  readonly #groups: Map<string, LogGroup>

  constructor(path: string) {
    this.#file = new ListFile({ path, noun: 'groups', check, problem: (message) => new Error(message) })
    this.#groups = new Map(this.#file.read().map((group) => [group.name, group]))
  }

  find(name: string, owners?: readonly string[]): LogGroup | undefined {
    const group = this.#groups.get(name)
    return group && (owners === undefined || owners.includes(group.owner)) ? group : undefined
  }

  all(): Iterable<LogGroup> {
    return this.#groups.values()
  }

  add(group: LogGroup): Refusal | undefined {
    if (this.#groups.has(group.name)) return groupIsThere()
    const { logGroups, logGroupsOfUser } = limits
    if (this.#groups.size >= logGroups) return limitReached(`openbatch keeps at most ${logGroups} log groups.`)
    const own = [...this.#groups.values()].filter(({ owner }) => owner === group.owner)
    if (own.length >= logGroupsOfUser)
      return limitReached(`openbatch keeps at most ${logGroupsOfUser} log groups of a user.`)
    this.#write([...this.#groups.values(), group])
    return undefined
  }

  setRetention(name: string, days: number | undefined): Refusal | undefined {
    const group = this.#groups.get(name)
    if (!group) return noSuchGroup()
    const { retentionInDays: _before, ...rest } = group
    const changed = days === undefined ? rest : { ...rest, retentionInDays: days }
    this.#write([...this.#groups.values()].map((each) => (each === group ? changed : each)))
    return undefined
  }

  remove(name: string): void {
    this.#write([...this.#groups.values()].filter((group) => group.name !== name))
  }

  /** Memory changes only once the file has. */
  #write(groups: readonly LogGroup[]): void {
    this.#file.change(() => ({ items: groups, result: undefined }))
    this.#groups.clear()
    for (const group of groups) this.#groups.set(group.name, group)
  }
}

function check(groups: readonly unknown[]): LogGroup[] {
  for (const group of groups as Partial<LogGroup>[]) {
    const { name, owner, createdMs } = group ?? {}
    if (typeof name !== 'string' || typeof owner !== 'string' || typeof createdMs !== 'number')
      throw new Error('a group lacks its name, its owner or its time')
  }
  return groups as LogGroup[]
}
