/** The edits that our users' documentation asks for on the skeleton of `aws batch submit-job --generate-cli-skeleton`. */

export type Skeleton = Record<string, unknown> & { containerOverrides: Record<string, unknown> }

/** Fills in the fields and deletes the sections that the documentation names. What newer clients add stays, as it does for its readers. */
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
 * Deletes the one left-over member that a refusal names, and gives its name; undefined if it names none. AWS's texts say
 * `schedulingPriority` of `schedulingPriorityOverride`.
 */
export function deleteNamedLeftover(job: Skeleton, refusal: string): string | undefined {
  for (const object of [job.containerOverrides, job])
    for (const member of Object.keys(object)) {
      if (documented.has(member) || !new RegExp(`\\b${member.replace(/Override$/, '')}(Override)?\\b`).test(refusal))
        continue
      delete object[member]
      return member
    }
  return undefined
}

const documented = new Set(['jobName', 'jobQueue', 'jobDefinition', 'containerOverrides', 'command', 'environment'])
