// The deployment puts the key's value here: CloudFront Functions have no environment.
const API_KEY = 'API_KEY_PLACEHOLDER';

/**
 * Turns the page's `/api/students` into the API's `/students`, with the key, which no browser sees.
 */
export function handler(event) {
  const request = event.request;
  request.uri = request.uri.replace(/^\/api(?=\/)/, '');
  request.headers['x-api-key'] = { value: API_KEY };
  return request;
}
