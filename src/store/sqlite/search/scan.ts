/** Goes through the columns for one search: finds a page, or counts by status and group. */
import { jobStatuses } from '../../../model/job.ts'
import {
  type CountedJobs,
  compareKeys,
  comparePlaces,
  type FoundJobs,
  hidingParts,
  type JobCount,
  type JobFilter,
  type JobSearch,
  type SearchPlace,
} from '../../search/job-search.ts'
import { BestRows } from './best-rows.ts'
import { grouping } from './grouping.ts'
import type { JobColumns } from './job-columns.ts'
import { type RowTest, rowTests, sightTest } from './row-test.ts'
import { valueOfRow } from './row-values.ts'

/** What a search looks through. */
export interface Scanned {
  readonly columns: JobColumns
  /** The places of the jobs whose ids begin with the filter's text. */
  readonly ids: ReadonlySet<number>
  /** Called between pieces of work. Throws once the search is to be given up. */
  readonly check: () => void
}

const rowsBetweenChecks = 65_536

export interface FoundPlaces extends Pick<FoundJobs, 'total' | 'hiddenBy'> {
  readonly places: readonly SearchPlace[]
}

export function findPlaces(scanned: Scanned, search: JobSearch): FoundPlaces {
  const { columns, check } = scanned
  const { order, after, limit, nowMs, owners, filter } = search
  check()
  const sees = sightTest(columns, owners, check)
  const tests = rowTests(columns, filter, scanned.ids, check)
  check()
  const newestFirst = search.children === undefined
  const value = valueOfRow(columns, order.by, nowMs)
  const placeOf = (row: number) => ({ value: value(row), at: columns.at[row]! })
  const compare = (a: number, b: number) => {
    const [left, right] = [value(a), value(b)]
    if (left !== right) return left === null || (right !== null && left < right === order.descending) ? 1 : -1
    return newestFirst ? columns.at[b]! - columns.at[a]! : columns.at[a]! - columns.at[b]!
  }
  const isAfter = (row: number) =>
    after === undefined || comparePlaces(placeOf(row), after, order.descending, newestFirst) > 0
  const best = new BestRows(limit, compare)
  let total = 0
  const meets = all(sees, tests)
  // Jobs are submitted, start and end in about the order of the rows. The page is soon complete.
  const isOldestFirst = !order.descending && ['created', 'started', 'stopped'].includes(order.by)
  eachRow(scanned, !isOldestFirst, (row) => {
    if (!meets(row)) return
    total++
    if (isAfter(row)) best.offer(row)
  })
  return { places: best.sorted().map(placeOf), total, hiddenBy: total === 0 ? hiddenBy(scanned, sees, tests) : [] }
}

/** Counts the jobs that meet all parts of the filter but one. */
function hiddenBy(
  scanned: Scanned,
  sees: RowTest,
  tests: readonly [keyof JobFilter, RowTest][],
): FoundJobs['hiddenBy'] {
  const jobs = tests.map(() => 0)
  eachRow(scanned, true, (row) => {
    if (!sees(row)) return
    let failed = -1
    for (let at = 0; at < tests.length; at++) {
      if (tests[at]![1](row)) continue
      if (failed !== -1) return
      failed = at
    }
    if (failed !== -1) jobs[failed]!++
  })
  return hidingParts(tests.map(([filter], at) => ({ filter, jobs: jobs[at]! })))
}

export function countRows(
  scanned: Scanned,
  { owners, filter, groupBy, groups }: JobCount,
): Omit<CountedJobs, 'tooOld'> {
  const { columns, ids, check } = scanned
  check()
  const { groupOf, keys } = grouping(columns, groupBy, check)
  check()
  const meets = all(sightTest(columns, owners, check), rowTests(columns, filter, ids, check))
  check()
  const { status } = columns
  const counts = new GroupCounts()
  eachRow(scanned, true, (row) => {
    if (meets(row)) counts.add(groupOf(row), status[row]!)
  })
  if (!groupBy) return { byStatus: counts.all, groups: [], moreGroups: 0 }
  const named = keys()
  const { largest, size } = counts.largest(groups, (a, b) => compareKeys(named[a]!, named[b]!), check)
  return {
    byStatus: counts.all,
    groups: largest.map((group) => ({ key: named[group]!, byStatus: counts.of(group) })),
    moreGroups: Math.max(0, size - groups),
  }
}

/** How many jobs of each status are in each group. */
class GroupCounts {
  readonly #width = jobStatuses.length
  #counts = new Uint32Array(64 * this.#width)
  readonly all: number[] = jobStatuses.map(() => 0)

  add(group: number, status: number): void {
    const at = group * this.#width + status
    if (at >= this.#counts.length) {
      const larger = new Uint32Array(Math.max((group + 1) * this.#width, this.#counts.length * 2))
      larger.set(this.#counts)
      this.#counts = larger
    }
    this.#counts[at]!++
    this.all[status]!++
  }

  of(group: number): number[] {
    return [...this.#counts.subarray(group * this.#width, (group + 1) * this.#width)]
  }

  /** The largest groups in order, and how many there are that have jobs. */
  largest(most: number, compareEqual: (a: number, b: number) => number, check: () => void) {
    const totals = new Uint32Array(Math.ceil(this.#counts.length / this.#width))
    const best = new BestRows(most, (a, b) => totals[b]! - totals[a]! || compareEqual(a, b))
    let size = 0
    for (let group = 0; group < totals.length; group++) {
      if (group % rowsBetweenChecks === 0) check()
      for (const count of this.#counts.subarray(group * this.#width, (group + 1) * this.#width)) totals[group]! += count
      if (totals[group] === 0) continue
      size++
      best.offer(group)
    }
    return { largest: best.sorted(), size }
  }
}

function all(sees: RowTest, tests: readonly (readonly [unknown, RowTest])[]): RowTest {
  const each = tests.map(([, test]) => test)
  return (row) => {
    if (!sees(row)) return false
    for (const test of each) if (!test(row)) return false
    return true
  }
}

function eachRow({ columns: { length }, check }: Scanned, newestFirst: boolean, each: (row: number) => void): void {
  for (let from = 0; from < length; from += rowsBetweenChecks) {
    check()
    const to = Math.min(length, from + rowsBetweenChecks)
    if (newestFirst) for (let row = length - 1 - from; row >= length - to; row--) each(row)
    else for (let row = from; row < to; row++) each(row)
  }
}
