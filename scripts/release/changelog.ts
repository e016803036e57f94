/**
 * Whether CHANGELOG.md is ready for a version: each version has a section `## 1.2.3`, the newest
 * first.
 */

/** What is wrong with the change log for `version`; nothing if it is ready. */
export function changelogFaults(text: string, version: string): string[] {
  const sections = sectionsOf(text)
  const ofVersion = sections.find(({ title }) => title === version || title.startsWith(`${version} `))
  const unreleased = sections.find(({ title }) => title === 'Unreleased')
  const faults: string[] = []
  if (!ofVersion) faults.push(`CHANGELOG.md: there is no section ## ${version}`)
  else if (ofVersion.lines === 0) faults.push(`CHANGELOG.md: the section ## ${version} is empty`)
  if (unreleased && unreleased.lines > 0)
    faults.push(`CHANGELOG.md: ${unreleased.lines} lines stand under ## Unreleased; move them under ## ${version}`)
  return faults
}

/** Each section with the number of its lines that are neither empty nor a heading. */
function sectionsOf(text: string): { title: string; lines: number }[] {
  return text
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [title = '', ...lines] = section.split('\n')
      return { title: title.trim(), lines: lines.filter((line) => /^(?!#)\S| {2}\S/.test(line)).length }
    })
}
