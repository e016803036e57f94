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
  const [table, inner] = name.split('.') as [string, string?]
  if (inner !== undefined) return withNested(text, head, table, { name: inner, value })
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n')
  const start = lines.findIndex((line) => line.trim() === `[${head}]`)
  if (start < 0) return `${[...lines, `[${head}]`, `${name} = ${value}`].join('\n')}\n`
  let end = start + 1
  for (; end < lines.length && !lines[end]!.startsWith('['); end++) {
    if (/^([^=\s][^=]*?)\s*=/.exec(lines[end]!)?.[1] !== name) continue
    lines[end] = `${name} = ${value}`
    return `${lines.join('\n')}\n`
  }
  lines.splice(end, 0, `${name} = ${value}`)
  return `${lines.join('\n')}\n`
}

function withNested(text: string, head: string, table: string, setting: { name: string; value: string }): string {
  const line = `    ${setting.name} = ${setting.value}`
  const lines = (text === '' ? '' : text.replace(/\n$/, '')).split('\n')
  const start = lines.findIndex((one) => one.trim() === `[${head}]`)
  const inSection = lines.slice(start + 1).findIndex((one) => one.startsWith('['))
  const sectionEnd = inSection < 0 ? lines.length : start + 1 + inSection
  const at = start < 0 ? -1 : lines.findIndex((one, index) => index > start && isTable(one, table))
  // The table's line holds no value yet, so that what is put after it becomes its own.
  if (at < 0 || at >= sectionEnd)
    return withSetting(text, head, table, `\n${line}`).replace(`${table} = \n`, `${table} =\n`)
  let end = at + 1
  for (; end < sectionEnd && /^\s+\S/.test(lines[end]!); end++) {
    if (/^\s+([^=\s][^=]*?)\s*=/.exec(lines[end]!)?.[1] !== setting.name) continue
    lines[end] = line
    return `${lines.join('\n')}\n`
  }
  lines.splice(end, 0, line)
  return `${lines.join('\n')}\n`
}

function isTable(line: string, table: string): boolean {
  const name = /^([^=\s][^=]*?)\s*=\s*$/.exec(line)?.[1]
  return name === table
}
