/**
 * Searches over all jobs, live and ended, without array children, or over the children of one
 * array. The store answers them off the loop's thread. A search sees everything that was appended
 * before it began.
 */
import type { JobStatus } from '../../model/job.ts'
import type { TimeMs } from '../../model/time.ts'
import type { TextMatch } from '../text-match.ts'

/** Every member narrows the search. Texts are compared without regard to case, the names of users excepted. */
export interface JobFilter {
  /** Jobs of one of these users. */
  readonly user?: readonly string[]
  readonly queue?: readonly string[]
  readonly status?: readonly JobStatus[]
  /** The whole name. An asterisk stands for any characters. */
  readonly name?: string
  /** The ARN of the definition, with or without its revision. */
  readonly definition?: TextMatch
  /** All of them. */
  readonly tag?: readonly TagMatch[]
  /** Of the last attempt of a job that has ended. */
  readonly exitCode?: readonly number[]
  /** Submitted at or after this time. */
  readonly since?: TimeMs
  /** Submitted before this time. */
  readonly until?: TimeMs
  /** Part of the name, of a tag as `key=value`, or the beginning of the id, from four characters on. */
  readonly text?: string
}

export interface TagMatch {
  readonly key: string
  /** Undefined: any. */
  readonly value?: string | undefined
}

export const sortKeys = [
  ...(['created', 'started', 'stopped', 'duration', 'name'] as const),
  ...(['status', 'user', 'queue', 'definition', 'exit-code'] as const),
]
export type SortKey = (typeof sortKeys)[number]

export type GroupKey =
  | { readonly by: 'status' | 'user' | 'queue' | 'definition' | 'exit-code' }
  | { readonly by: 'tag'; readonly key: string }

/** What is looked through. */
export interface SearchScope {
  /** Whose jobs may be known of. Undefined: everybody's. */
  readonly owners?: readonly string[] | undefined
  readonly children?: ChildrenScope | undefined
  readonly filter: JobFilter
}

export interface ChildrenScope {
  readonly parentId: string
  /**
   * The statuses of the children without a record, by index, as indexes into `jobStatuses`, and
   * `hasOwnRecord` for those with one. The number is for all of them; undefined: there are none.
   */
  readonly withoutRecord?: Uint8Array | number | undefined
}

export const hasOwnRecord = 255

/** Jobs without the value come last, and equal ones with the newest first (children by index). */
export interface SearchOrder {
  readonly by: SortKey
  readonly descending: boolean
}

/** The place of a job in the order: its value (null: none), and its seq or its index in the array. */
export interface SearchPlace {
  readonly value: number | string | null
  readonly at: number
}

export interface JobSearch extends SearchScope {
  readonly order: SearchOrder
  /** Continue after this place. */
  readonly after?: SearchPlace | undefined
  readonly limit: number
  /**
   * Durations are those of this moment. Give all pages of a search the same: the order then stays,
   * although jobs start, run and end between two pages.
   */
  readonly nowMs: TimeMs
}

export interface FoundJobs {
  /** A child without a record is among them. */
  readonly jobs: readonly { readonly jobId: string; readonly place: SearchPlace }[]
  /** How many jobs meet the filter, on whatever page. */
  readonly total: number
  /** Only if there are none: how many there are without one part of the filter, where any; the most first. */
  readonly hiddenBy: readonly HidingPart[]
  /** Jobs that are so old that they are no longer searched. */
  readonly tooOld: number
}

export interface HidingPart {
  readonly filter: keyof JobFilter
  readonly jobs: number
}

export interface JobCount extends SearchScope {
  readonly groupBy?: GroupKey | undefined
  /** How many groups to answer, the largest first. */
  readonly groups: number
}

/** By index into `jobStatuses`. */
export type StatusCounts = readonly number[]

export interface CountedJobs {
  readonly byStatus: StatusCounts
  /** `key`: null for jobs without the value. Empty without `groupBy`. */
  readonly groups: readonly { readonly key: string | null; readonly byStatus: StatusCounts }[]
  readonly moreGroups: number
  readonly tooOld: number
}

export interface JobSearches {
  /** Rejects with the signal's reason, `SearchTooLong`, or `StoreFailure`. */
  find(search: JobSearch, signal?: AbortSignal): Promise<FoundJobs>
  count(count: JobCount, signal?: AbortSignal): Promise<CountedJobs>
  /** Prepares for searches ahead of the first one, in the background. */
  prepare(): void
  /** Searches that are not answered yet are rejected. */
  stop(): Promise<void>
}

/** The search was given up at its deadline. */
export class SearchTooLong extends Error {
  override readonly name = 'SearchTooLong'
  /** What the store is still doing, if that is the cause. */
  readonly isPreparing: boolean
  constructor(isPreparing: boolean) {
    super(isPreparing ? 'The jobs are still being read for the first search.' : 'The search took too long.')
    this.isPreparing = isPreparing
  }
}

/** What a search looks at of a job. */
export interface JobFacts {
  /** Order of submission; among children, the index. */
  readonly at: number
  /** In lower case. */
  readonly name: string
  readonly queue: string
  readonly definition: string
  readonly owner: string
  /** Index into `jobStatuses`. */
  readonly status: number
  readonly createdAtMs: TimeMs
  readonly startedAtMs: TimeMs | undefined
  readonly stoppedAtMs: TimeMs | undefined
  readonly exitCode: number | undefined
  /** See `tagTextOf`. */
  readonly tags: string
}

/** Marks the beginning of a key, and of a value, in the text of a job's tags. */
const [keyMark, valueMark] = ['\u0000', '\u0001']

/** A text as searches compare it: it has no mark, and a database returns it as it was. */
export function plainText(text: string): string {
  return text.toWellFormed().replaceAll(keyMark, '\ufffd').replaceAll(valueMark, '\ufffd')
}

/** All tags in one text, so that a test of them is a search in a text. */
export function tagTextOf(tags: Readonly<Record<string, string>>): string {
  const parts = Object.entries(tags).map(([key, value]) => `${keyMark}${plainText(key)}${valueMark}${plainText(value)}`)
  return parts.length === 0 ? '' : `${parts.join('')}${keyMark}`
}

export function tagTest({ key, value }: TagMatch): (tagText: string) => boolean {
  const begin = `${keyMark}${plainText(key)}${valueMark}`
  const wanted = value === undefined ? begin : `${begin}${plainText(value)}${keyMark}`
  return (tagText) => tagText.includes(wanted)
}

/** Whether a tag contains the text, as `key=value`. */
export function tagContains(text: string): (tagText: string) => boolean {
  const wanted = plainText(text).toLowerCase()
  // One of the equals signs may stand for the mark between a key and its value.
  const joined = [...wanted.matchAll(/=/g)]
    .slice(0, 8)
    .map(({ index }) => `${wanted.slice(0, index)}${valueMark}${wanted.slice(index + 1)}`)
  return (tagText) => {
    if (tagText === '') return false
    const lower = tagText.toLowerCase()
    return lower.includes(wanted) || joined.some((it) => lower.includes(it))
  }
}

/** The value of a tag; null without it. */
export function tagValue(tagText: string, key: string): string | null {
  const begin = `${keyMark}${plainText(key)}${valueMark}`
  const found = tagText.indexOf(begin)
  return found === -1 ? null : tagText.slice(found + begin.length, tagText.indexOf(keyMark, found + begin.length))
}

/** What an id must begin with to meet the text of a filter. Undefined: none meets it. */
export function idPrefixOf(text: string): string | undefined {
  const prefix = text.toLowerCase()
  return prefix.length >= 4 ? prefix : undefined
}

/** Returns a test for a text in lower case. It takes time in proportion to the text, whatever the pattern is. */
export function globTest(pattern: string): (text: string) => boolean {
  const [first = '', ...rest] = plainText(pattern).toLowerCase().split(/\*+/)
  if (rest.length === 0) return (text) => text === first
  const last = rest.pop()!
  return (text) => {
    if (!text.startsWith(first)) return false
    let from = first.length
    for (const part of rest) {
      const found = text.indexOf(part, from)
      if (found === -1) return false
      from = found + part.length
    }
    return text.length - last.length >= from && text.endsWith(last)
  }
}

/** Whether a definition's ARN is meant. A prefix of an ARN ends before the revision. */
export function definitionTest({ text, prefix }: TextMatch): (arn: string) => boolean {
  return prefix ? (arn) => arn.startsWith(text) : (arn) => arn === text
}

/**
 * How long a job had run at a moment, ms; null if it had not started. A time is NaN if there is none.
 */
export function durationAt(nowMs: TimeMs, startedAtMs: TimeMs, stoppedAtMs: TimeMs): number | null {
  // Also false for NaN.
  if (!(startedAtMs <= nowMs)) return null
  return (stoppedAtMs <= nowMs ? stoppedAtMs : nowMs) - startedAtMs
}

/** The id of a child without its array's. */
export function childId(parentId: string, index: number): string {
  return `${parentId}:${index}`
}

/** Orders two places. `newestFirst`: of equal values the higher place comes first. */
export function comparePlaces(a: SearchPlace, b: SearchPlace, descending: boolean, newestFirst: boolean): number {
  if (a.value !== b.value) {
    if (a.value === null) return 1
    if (b.value === null) return -1
    return a.value < b.value === descending ? 1 : -1
  }
  return newestFirst ? b.at - a.at : a.at - b.at
}

/** Groups of equal size are ordered by their keys; those without the value come last. */
export function compareKeys(a: string | null, b: string | null): number {
  return a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -1 : 1
}

/** The parts that hide jobs, the most first. */
export function hidingParts(parts: readonly HidingPart[]): readonly HidingPart[] {
  return parts.filter(({ jobs }) => jobs > 0).sort((a, b) => b.jobs - a.jobs || compareKeys(a.filter, b.filter))
}
