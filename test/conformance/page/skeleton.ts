/**
 * The edits that our users' documentation asks for on the skeleton of `aws batch submit-job
 * --generate-cli-skeleton`.
 */

export type Skeleton = Record<string, unknown> & { containerOverrides: Record<string, unknown> }

/**
 * Fills in the fields and deletes the sections that the documentation names. Additions of newer
 * clients stay, as they do for its readers.
 */
export function editedAsDocumented(skeleton: Skeleton): Skeleton {
  const edited = structuredClone(skeleton)
  edited.jobName = 'jdoe-test-job'
  edited.jobQueue = 'default'
  edited.jobDefinition = 'myJobDef:7'
  edited.containerOverrides.command = ['echo', 'hello world']
  edited.containerOverrides.environment = [
    { name: 'FAVORITE_COLOR', value: 'blue' },
    { name: 'FAVORITE_MONTH', value: 'December' },
  ]
  delete edited.dependsOn
  delete edited.parameters
  delete edited.containerOverrides.vcpus
  delete edited.containerOverrides.memory
  delete edited.retryStrategy
  return edited
}

/**
 * Deletes the one left-over member that a refusal names, and returns its name; undefined if it
 * names none. Like a reader, it takes the name of a part for that of the whole, and
 * `schedulingPriority` in AWS's text for `schedulingPriorityOverride`.
 */
export function deleteNamedLeftover(job: Skeleton, refusal: string): string | undefined {
  const named = (refusal.match(/\w+/g) ?? []).filter((word) => !ofTheText.test(word))
  const isNamed = (member: string) => named.some((word) => member.startsWith(word))
  for (const object of [job.containerOverrides, job])
    for (const [member, value] of Object.entries(object)) {
      if (documented.has(member) || ![member, ...membersIn(value)].some(isNamed)) continue
      delete object[member]
      return member
    }
  return undefined
}

function membersIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const own = Array.isArray(value) ? [] : Object.keys(value)
  return [...own, ...Object.values(value).flatMap(membersIn)]
}

const documented = new Set(['jobName', 'jobQueue', 'jobDefinition', 'containerOverrides', 'command', 'environment'])
/** Words of the texts around the names. */
const ofTheText = /^(\w{1,3}|name|value|must|have|with|that|only|queue|jobs?|type|size)$/i
