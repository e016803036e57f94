/**
 * How much of what users make is held, in bytes of its JSON: in all, and for each user. These
 * limits keep it from filling memory or disk.
 */
import type { Job, JobSpec } from '../../model/job.ts'
import { type Refusal, refuse } from '../../model/refusal.ts'

/** Bytes that may be held in all, and for one user. */
export interface ByteLimits {
  readonly all: number
  readonly ofUser: number
}

export class HeldBytes {
  readonly #byOwner = new Map<string, number>()
  #all = 0

  get all(): number {
    return this.#all
  }

  of(owner: string): number {
    return this.#byOwner.get(owner) ?? 0
  }

  owners(): ReadonlyMap<string, number> {
    return this.#byOwner
  }

  /** Negative for what leaves. */
  add(owner: string, bytes: number): void {
    this.#all += bytes
    const left = this.of(owner) + bytes
    if (left === 0) this.#byOwner.delete(owner)
    else this.#byOwner.set(owner, left)
  }

  /** Why that many more bytes would be too many, or undefined. `what` is in the plural. */
  complain(what: string, owner: string, bytes: number, limits: ByteLimits): Refusal | undefined {
    if (this.of(owner) + bytes > limits.ofUser)
      return refuse(
        `The ${what} of user ${owner} would take more than ${mib(limits.ofUser)}, the most one user may hold.`,
      )
    if (this.#all + bytes > limits.all)
      return refuse(`The ${what} of all users would take more than ${mib(limits.all)}, the most there may be.`)
    return undefined
  }
}

/** The length of its JSON in UTF-8, which is what the store keeps of it. */
export function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

/** What the record of an array child adds to its array. Its specification is the array's. */
const childRecordBytes = 256

/** The bytes of a live job: its specification, its tags, and a byte for each child. */
export function bytesOfJob({ spec, tags, arrayIndex }: Pick<Job, 'spec' | 'tags' | 'arrayIndex'>): number {
  return arrayIndex === undefined ? bytesOfSpec(spec) + bytesOf(tags) + (spec.arraySize ?? 0) : childRecordBytes
}

/**
 * The last measurement: a submission is checked, and counted right after. Specifications never
 * change.
 */
let measured: { readonly spec: JobSpec; readonly bytes: number } | undefined

function bytesOfSpec(spec: JobSpec): number {
  if (measured?.spec !== spec) measured = { spec, bytes: bytesOf(spec) }
  return measured.bytes
}

function mib(bytes: number): string {
  return `${Math.floor(bytes / 1_048_576)} MiB`
}
