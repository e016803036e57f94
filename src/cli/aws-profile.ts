/**
 * Changes one profile in the files of AWS's clients, and keeps every other line as it is:
 * https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
 */

/** The settings of a profile. Those that are undefined are removed. */
export type ProfileSettings = Readonly<Record<string, string | undefined>>

/** `heading` is what stands between the brackets: `profile lab`, or `default`. */
export function withSettings(text: string, heading: string, settings: ProfileSettings): string {
  const end = text.includes('\r\n') ? '\r\n' : '\n'
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  const given = Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [`${name} = ${value}`]))
  const start = lines.findIndex((line) => headingOf(line) === heading)
  if (start < 0) {
    const gap = lines.length > 0 && lines.at(-1) !== '' ? [''] : []
    return [...lines, ...gap, `[${heading}]`, ...given, ''].join(end)
  }
  const next = lines.findIndex((line, index) => index > start && headingOf(line) !== undefined)
  const section = lines.slice(start + 1, next < 0 ? undefined : next)
  const kept = without(section, new Set(Object.keys(settings)))
  const after = next < 0 ? [] : lines.slice(next)
  return [...lines.slice(0, start + 1), ...given, ...kept, ...after, ''].join(end)
}

export function hasSection(text: string, heading: string): boolean {
  return text.split(/\r?\n/).some((line) => headingOf(line) === heading)
}

/** `[ profile lab ]  # mine` → `profile lab`. Names may stand in quotation marks. */
function headingOf(line: string): string | undefined {
  const inner = /^\s*\[([^\]]*)\]/.exec(line)?.[1]
  return inner?.replace(/["']/g, '').trim().split(/\s+/).join(' ')
}

/** An indented line belongs to the setting before it, and goes with it. */
function without(section: readonly string[], names: ReadonlySet<string>): string[] {
  let isLeftOut = false
  return section.filter((line) => {
    const name = /^([^\s=:#;[][^\s=:]*)\s*[=:]/.exec(line)?.[1]
    if (name !== undefined) isLeftOut = names.has(name)
    else if (!/^\s+\S/.test(line)) isLeftOut = false
    return !isLeftOut
  })
}
