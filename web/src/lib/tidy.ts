/** Regroups a typed code when its field is left: capitals, four by four. Anything else stays as typed. */
export function tidyCode(input: HTMLInputElement, length: number): void {
  const bare = input.value.replace(/[\s-]/g, "");
  if (bare.length === length && /^[0-9A-Za-z]+$/.test(bare)) input.value = bare.toUpperCase().replace(/(.{4})(?=.)/g, "$1-");
}
