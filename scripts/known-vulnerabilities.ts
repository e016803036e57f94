/**
 * Asks the npm registry for known vulnerabilities of every locked package: `node
 * scripts/known-vulnerabilities.ts`. Ends with 1 if there are any, or if the query fails.
 * Advisories are a separate service, which mirrors of the registry may lack. The script then says
 * so and ends with 0, because a mirror has no other source for them.
 */
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

type Answer =
  | { readonly kind: 'answered'; readonly vulnerabilities: readonly string[] }
  | { readonly kind: 'not offered' | 'failed'; readonly reason: string }

interface Audit {
  /** Present in a report. Other output is a failure's. */
  readonly auditReportVersion?: number
  readonly vulnerabilities?: Readonly<Record<string, Vulnerability>>
  readonly statusCode?: number
  readonly message?: string
  readonly error?: { readonly summary?: string }
}

interface Vulnerability {
  readonly severity: string
  readonly range: string
  /** Advisories, or the names of the dependencies that bring them in. */
  readonly via: readonly (string | { readonly title: string; readonly url: string })[]
}

/** The statuses of a server without this service. */
const statusesOfNoService: readonly (number | undefined)[] = [404, 405, 501]

/** Parses the output of `npm audit --json`. */
export function readAudit(text: string): Answer {
  let audit: Audit
  try {
    audit = JSON.parse(text) as Audit
  } catch {
    return { kind: 'failed', reason: text.trim() || 'npm audit printed nothing' }
  }
  if (audit.auditReportVersion === undefined || audit.vulnerabilities === undefined)
    return {
      kind: statusesOfNoService.includes(audit.statusCode) ? 'not offered' : 'failed',
      reason: audit.message || audit.error?.summary || text.trim(),
    }
  const vulnerabilities = Object.entries(audit.vulnerabilities).map(([name, { severity, range, via }]) => {
    const causes = via.map((one) => (typeof one === 'string' ? `through ${one}` : `${one.title}, ${one.url}`))
    return `${severity}: ${name} ${range} (${causes.join('; ')})`
  })
  return { kind: 'answered', vulnerabilities }
}

if (import.meta.main) {
  const cwd = dirname(dirname(fileURLToPath(import.meta.url)))
  // The project's .npmrc turns auditing off for installations.
  const { stdout, error } = spawnSync('npm', ['audit', '--json', '--audit=true'], { cwd, encoding: 'utf8' })
  if (error) throw error
  const answer = readAudit(stdout)
  if (answer.kind === 'answered') {
    for (const line of answer.vulnerabilities) console.error(line)
    console.log(`known vulnerabilities: ${answer.vulnerabilities.length}`)
    process.exitCode = answer.vulnerabilities.length > 0 ? 1 : 0
  } else if (answer.kind === 'not offered')
    console.log(`known vulnerabilities: not checked, this registry offers no advisories (${answer.reason})`)
  else {
    console.error(`known vulnerabilities: the question failed: ${answer.reason}`)
    process.exitCode = 1
  }
}
