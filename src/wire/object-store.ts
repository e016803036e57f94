/** `GET /api/object-store`; docs/use/objects.md. */
export interface ObjectStoreAnswer {
  /** Of a store outside. Absent: objects are here. */
  readonly endpoint?: string
  readonly region?: string
}
