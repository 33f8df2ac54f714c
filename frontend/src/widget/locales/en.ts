export default {
  close: 'Close',
  greeting: 'Hello, how can we help?',
  tickets: 'My tickets',
}
