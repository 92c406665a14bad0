/** Whether one of a token's audiences is wanted; where none is, all are. Rules: google/jwt_verify_lib src/check_audience.cc. */
export function isAudienceAllowed(audiences: readonly string[], wanted: readonly string[]): boolean {
  if (wanted.length === 0) return true
  const known = new Set(wanted.map(bare))
  return audiences.some((audience) => known.has(bare(audience)))
}

/** Schemes and a slash at the end make no difference. */
function bare(audience: string): string {
  return audience.replace(/^https?:\/\//, '').replace(/\/$/, '')
}
