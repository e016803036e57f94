/** What became of each member of a request: shown again, refused by name, or neither. */
import type { Client } from '../clients/client.ts'
import { type MemberPath, memberPaths } from './member-paths.ts'
import { holds, valuesAt, withValue } from './place-value.ts'
import type { Shown, Subject } from './subject.ts'
import { valuesFor } from './values.ts'

/** Whether the text of a refusal names the member. */
export type Named = (text: string, path: MemberPath) => boolean

export interface Finding {
  readonly path: MemberPath
  readonly value: unknown
  /** `shown`: anywhere in the answers. `refused`: by name. */
  readonly became: 'shown' | 'refused' | 'lost' | 'refusedForSomethingElse'
  readonly where: string
}

/** One member at a time, because the created resources share one name. */
export async function findingsOf(subject: Subject, client: Client, named: Named): Promise<Finding[]> {
  const untouched = new Map<object, readonly Shown[]>()
  for (const { request } of subject.requests) untouched.set(request, await subject.send(client, request))

  const findings: Finding[] = []
  for (const path of memberPaths(subject.input)) {
    const { structure, member } = path.steps.at(-1)!
    for (const value of subject.meanings?.[`${structure}.${member}`] ?? valuesFor(structure, member)) {
      const tries: Finding[] = []
      for (const { request } of subject.requests.filter((it) => it.fits(path))) {
        const sent = withValue(request, path.steps, value)
        const shown = await subject.send(client, sent)
        tries.push({ path, value, ...judge(path, value, shown, named, { request, shown: untouched.get(request)! }) })
        if (tries.at(-1)!.became === 'shown') break
      }
      const best = ['shown', 'refused', 'lost', 'refusedForSomethingElse'] as const
      const found = best.map((became) => tries.find((it) => it.became === became)).find(Boolean)
      findings.push(found ?? { path, value, became: 'lost', where: 'no request of the test has room for it' })
    }
  }
  return findings
}

interface Before {
  readonly request: object
  readonly shown: readonly Shown[]
}

function judge(
  path: MemberPath,
  value: unknown,
  shown: readonly Shown[],
  named: Named,
  before: Before,
): Pick<Finding, 'became' | 'where'> {
  for (const [index, one] of shown.entries()) {
    if ('refused' in one) {
      const where = `${one.in}: ${one.refused}`
      return { became: named(one.refused, path) ? 'refused' : 'refusedForSomethingElse', where }
    }
    const members = one.members(path)
    if (!members) continue
    const where = `${one.in}: ${JSON.stringify(valuesAt(one.answer, members))}`
    if (!valuesAt(one.answer, members).some((it) => holds(it, value))) return { became: 'lost', where }
    // A value that the server would have shown anyway proves nothing.
    const earlier = before.shown[index]
    const own = path.steps.map(({ member }) => member)
    const wasThere = earlier && 'answer' in earlier && valuesAt(earlier.answer, members).some((it) => holds(it, value))
    if (wasThere && !valuesAt(before.request, own).some((it) => holds(it, value)))
      return { became: 'lost', where: `${where}, as without it` }
  }
  return { became: 'shown', where: shown.map((it) => it.in).join(', ') }
}
