/** Words about fields that the company defined, and about what a workflow asks for. */
export const zh = {
  custom: {
    yes: '是',
    no: '否',
    open: '未填写',
    needed: '进行这一步之前，请补充以下内容。',
    product: '产品',
    departmentId: '部门',
    contactName: '报告人',
    contactEmail: '联系邮箱',
    contactPhone: '联系电话',
    ofConversation: '会话信息',
    fill: '填写会话信息',
    saved: '会话信息已保存',
    nothing: '尚未填写',
    fields: '自定义字段',
    part: '输入部分内容',
    has: '含“{text}”',
    gone: '已停用的字段 {code}',
  },
}

export const en = {
  custom: {
    yes: 'Yes',
    no: 'No',
    open: 'Not filled in',
    needed: 'Please add the following before this step.',
    product: 'Product',
    departmentId: 'Department',
    contactName: 'Reported by',
    contactEmail: 'Contact’s e-mail',
    contactPhone: 'Contact’s phone',
    ofConversation: 'About the conversation',
    fill: 'Fill in about the conversation',
    saved: 'Saved',
    nothing: 'Nothing filled in yet',
    fields: 'Custom fields',
    part: 'A part of the text',
    has: 'with “{text}”',
    gone: 'Removed field {code}',
  },
}
