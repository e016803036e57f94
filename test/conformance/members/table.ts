/** Compares what the compatibility table says about a member with what became of it. */
import { coversAllBelow, parseLine, type Status } from '../../../scripts/compatibility/line.ts'
import { lines } from '../../../scripts/compatibility/lines.ts'
import type { Finding } from './findings.ts'
import type { MemberPath } from './member-paths.ts'

/** Members that have an effect but are not returned, each with the test that covers it. */
export const notGivenBack: Readonly<
  Record<string, { readonly why: string; readonly file: string; readonly test: string }>
> = {
  'NodePropertyOverride.targetNodes': {
    why: 'it says which range is overridden',
    ...{ file: 'src/core/workload/multi-node/override.test.ts', test: 'an override changes only its range' },
  },
  'TaskContainerOverrides.name': {
    why: 'it says which container is overridden',
    ...{
      file: 'src/core/workload/ecs-task/override.test.ts',
      test: 'an override changes only its container, environment by name and requirements by type',
    },
  },
  'EksContainerOverride.name': {
    why: 'it says which container is overridden',
    ...{ file: 'src/core/workload/pod/override.test.ts', test: 'an override changes only its container' },
  },
}

/** Set where a text uses another word for a member than its name. */
const words: Readonly<Record<string, RegExp>> = {
  'EphemeralStorage.sizeInGiB': /\bephemeralStorage\b/,
  'EcsTaskProperties.platformVersion': /\bfargatePlatformConfiguration\b/,
  'ComputeResource.type': /\bcompute environments\b/,
}

/** AWS refuses these too: a member that does not apply is not missing. */
const asByAws = /not applicable for EC2\.|is only applicable to multi-node parallel jobs\./

interface Fate {
  readonly place: string
  readonly member: string
  readonly status: Status
}

/**
 * The line that decides about a member: its own, or that of a structure around it whose members
 * share one fate.
 */
function fateOf({ steps }: MemberPath): Fate {
  for (const [index, { structure, member }] of steps.entries()) {
    const line = lines.batch[structure]?.[member]
    if (line === undefined) throw new Error(`the table has no line for ${structure}.${member}`)
    const { status } = parseLine(line)
    if (coversAllBelow(status) || index === steps.length - 1) return { place: `${structure}.${member}`, member, status }
  }
  throw new Error('a way without steps')
}

/**
 * Whether a refusal names the member, or the structure around it where that is refused as a whole.
 */
export function isNamed(text: string, path: MemberPath): boolean {
  const { place, member } = fateOf(path)
  return words[place]?.test(text) || new RegExp(`\\b${member}\\b`).test(text)
}

/** Undefined when the table and the finding agree. */
export function disagreement(finding: Finding): string | undefined {
  const { became, path, value, where } = finding
  const { place, status } = fateOf(path)
  const said = `${path.text} = ${JSON.stringify(value)} is ${status} by the table`
  if (became === 'refusedForSomethingElse') return `${said}, and was refused for something else: ${where}`
  if (became === 'lost')
    return place in notGivenBack && status !== 'stored' ? undefined : `${said}, and was lost: ${where}`
  const expected: Readonly<Record<Status, boolean>> = {
    full: became === 'shown' || asByAws.test(where) || place in notGivenBack,
    stored: became === 'shown' || asByAws.test(where),
    partial: true,
    refused: became === 'refused',
    ignored: false,
    absent: false,
  }
  return expected[status] ? undefined : `${said}, and was ${became}: ${where}`
}

/** A refusal is not enough for a member that is said to work: at least one request must show it. */
export function neverShown(findings: readonly Finding[]): string[] {
  const shown = new Set(findings.filter(({ became }) => became === 'shown').map(({ path }) => fateOf(path).place))
  const fates = findings.map(({ path }) => fateOf(path))
  const claimed = fates.filter(({ status }) => status === 'full' || status === 'stored' || status === 'partial')
  const places = new Set(claimed.map(({ place }) => place))
  return [...places].filter((place) => !shown.has(place) && !(place in notGivenBack))
}
