/** `$(NAME)` becomes the variable's value, `$$(NAME)` becomes `$(NAME)`, an unknown name stays (k8s.io/kubernetes third_party/forked/golang/expansion). */
export function expand(text: string, values: Readonly<Record<string, string>>): string {
  if (!text.includes('$')) return text
  return text.replaceAll(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) => {
    if (name === undefined) return '$'
    return Object.hasOwn(values, name) ? (values[name] ?? '') : whole
  })
}
