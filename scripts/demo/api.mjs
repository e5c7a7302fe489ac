// The control plane as any client sees it: AWS JSON 1.1 over HTTP.

export class ApiError extends Error {
  constructor(operation, type, message) {
    super(`${operation}: ${type}: ${message}`);
    this.type = type;
  }
}

export class Api {
  constructor(url) {
    this.url = url;
  }

  /** One operation, for example call('CreateSchema', { name, schema }). */
  async call(operation, input = {}) {
    const response = await fetch(`${this.url}/`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-amz-json-1.1', 'X-Amz-Target': `AmazonPersonalize.${operation}` },
      body: JSON.stringify(input),
    });
    const text = await response.text();
    const body = text === '' ? {} : parse(text);
    if (response.ok) return body;
    throw new ApiError(operation, body.__type ?? `HTTP ${response.status}`, body.message ?? body.Message ?? text);
  }

  /** All pages of a List operation. */
  async list(operation, key, input = {}) {
    const all = [];
    let nextToken;
    do {
      const page = await this.call(operation, { ...input, ...(nextToken && { nextToken }) });
      all.push(...(page[key] ?? []));
      nextToken = page.nextToken;
    } while (nextToken);
    return all;
  }

  /** How far the job behind a resource is: { phase, done, total }, or nothing. */
  async progress(arn) {
    try {
      const response = await fetch(`${this.url}/jobs/progress?arn=${encodeURIComponent(arn)}`);
      return response.ok ? await response.json() : {};
    } catch {
      return {};
    }
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return { message: text };
  }
}
