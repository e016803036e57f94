/** One thing that a workload asks of the host without a grant. */
export interface HostRefusal {
  /** As it stands in the definition: `containerProperties.volumes[0].host.sourcePath`. */
  readonly member: string
  /** A clause without a capital letter or a full stop. */
  readonly why: string
}
