/** Whether a version may be released, given the existing tags. */

type Version = readonly [major: number, minor: number, patch: number]

/**
 * Returns what is wrong with releasing `version`; nothing if it may be released. Tags that name no
 * version are ignored.
 */
export function versionFaults(version: string, tags: readonly string[]): string[] {
  const wanted = parse(version)
  if (!wanted) return [`package.json: the version is ${version}, and not of the form 1.2.3`]
  const released = tags.map((tag) => parse(tag.replace(/^v/, ''))).filter((one) => one !== undefined)
  const newest = released.toSorted(compare).at(-1)
  if (!newest) return []
  if (released.some((one) => compare(one, wanted) === 0)) return [`package.json: ${version} is tagged already`]
  return compare(wanted, newest) > 0 ? [] : [`package.json: ${version} is older than the tag of ${newest.join('.')}`]
}

function parse(text: string): Version | undefined {
  const match = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.exec(text)
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined
}

function compare(one: Version, other: Version): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2]
}
