/**
 * Base of the errors that this program raises on purpose. `name` is a literal because it crosses
 * process borders: Step Functions matches a failed Lambda by it (`ErrorEquals` in
 * infra/workflows/refresh.asl.json).
 */
export abstract class ExpectedError extends Error {
  abstract override readonly name: string;
}
