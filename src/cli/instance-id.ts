/** Instances as people name them: by id, or as DescribeJobs shows where a job ran. */

/** The id of a container instance ends in the digits of its instance. */
export function instanceIdOf(instance: string): string {
  const digits = /^arn:.+:container-instance\/.*([0-9a-f]{17})$/.exec(instance)?.[1]
  return digits === undefined ? instance : `i-${digits}`
}
