/** Reads and writes the files `~/.aws/config` and `~/.aws/credentials`. */

/** Settings of a section. One whose value is on indented lines below it is a table. */
export type Section = Record<string, string | Record<string, string>>

export function parseIni(text: string): Record<string, Section> {
  const sections: Record<string, Section> = Object.create(null)
  let section: Section | undefined
  let table: Record<string, string> | undefined
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue
    const head = /^\[\s*(.*?)\s*\]/.exec(line)
    if (head) {
      section = sections[unquoted(head[1]!)] ??= Object.create(null) as Section
      table = undefined
      continue
    }
    const setting = /^(\s*)([^=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line)
    if (!setting || !section) continue
    const [, indent, name, value] = setting as unknown as [string, string, string, string]
    if (indent !== '' && table) table[name] = value
    else if (value === '') section[name] = table = Object.create(null) as Record<string, string>
    else {
      section[name] = value
      table = undefined
    }
  }
  return sections
}

/** `[profile "a b"]` is the profile `a b`. */
function unquoted(head: string): string {
  return head.replace(/^(profile|services|sso-session)\s+(["']?)(.*)\2$/, '$1 $3')
}

/**
 * The text with `name = value` in `[head]`, which is added if it is not there. `s3.name` is a
 * setting of the table `s3`. Other lines stay as they are.
 */
export function withSetting(text: string, head: string, name: string, value: string): string {
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n')
  const known = lines.findIndex((line) => line.trim() === `[${head}]`)
  const start = known < 0 ? lines.push(`[${head}]`) : known + 1
  const end = endOf(lines, start, (line) => !line.startsWith('['))
  const [outer, inner] = name.split('.') as [string, string?]
  if (inner === undefined) put(lines, start, end, `${name} = ${value}`)
  else {
    const table = lines.findIndex((line, at) => at >= start && at < end && nameOf(line) === outer && /=\s*$/.test(line))
    if (table < 0) lines.splice(end, 0, `${outer} =`)
    const first = (table < 0 ? end : table) + 1
    put(
      lines,
      first,
      endOf(lines, first, (line) => /^\s+\S/.test(line)),
      `    ${inner} = ${value}`,
    )
  }
  return `${lines.join('\n')}\n`
}

function endOf(lines: readonly string[], start: number, belongs: (line: string) => boolean): number {
  let end = start
  while (end < lines.length && belongs(lines[end]!)) end++
  return end
}

/** In place of the line between these that sets the same, or behind them. */
function put(lines: string[], start: number, end: number, setting: string): void {
  const isIndented = /^\s/.test(setting)
  const known = lines.findIndex(
    (line, at) => at >= start && at < end && nameOf(line) === nameOf(setting) && /^\s/.test(line) === isIndented,
  )
  if (known < 0) lines.splice(end, 0, setting)
  else lines[known] = setting
}

function nameOf(line: string): string | undefined {
  return /^\s*([^=\s][^=]*?)\s*=/.exec(line)?.[1]
}
