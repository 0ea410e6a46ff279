export const greeting = (whom) => `Hello to ${whom}.`;
