export default {
  close: '关闭',
  greeting: '您好，请问有什么可以帮您？',
  tickets: '我的工单',
}
