(() => {
  // src/greeting.ts
  function greeting(whom) {
    return `Hello to ${whom}.`;
  }

  // src/main.ts
  console.log(greeting("the room next door"));
})();
