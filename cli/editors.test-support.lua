-- Run inside Neovim on a file with a mistake in its last line: what the server says there, the line mended, the
-- layout, and what may stand before the cursor. A line of JSON for each.

local LIMIT_MS = 120000

local function tell(name, value)
  io.stdout:write(vim.fn.json_encode({ name, value }), "\n")
end

local function await(what, holds)
  if vim.wait(LIMIT_MS, holds, 20) then return end
  tell("failed", what .. ": nothing came")
  vim.cmd("cquit")
end

local last = vim.api.nvim_buf_line_count(0)
await("diagnostics", function() return #vim.diagnostic.get(0) > 0 end)
tell("diagnostics", vim.tbl_map(function(one)
  return { line = one.lnum + 1, message = one.message }
end, vim.diagnostic.get(0)))

vim.api.nvim_buf_set_lines(0, last - 1, last, false, { vim.env.MENDED })
await("no diagnostics", function() return #vim.diagnostic.get(0) == 0 end)

if vim.lsp.buf.format then
  vim.lsp.buf.format({ timeout_ms = LIMIT_MS })
else
  vim.lsp.buf.formatting_sync(nil, LIMIT_MS)
end
tell("text", table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n") .. "\n")

vim.api.nvim_win_set_cursor(0, { last, #vim.env.MENDED - 2 })
local place = vim.lsp.util.make_position_params(0, "utf-16")
local answers = vim.lsp.buf_request_sync(0, "textDocument/completion", place, LIMIT_MS)
local labels = {}
for _, answer in pairs(answers or {}) do
  for _, item in ipairs(answer.result.items or answer.result) do table.insert(labels, item.label) end
end
tell("offered", labels)
tell("buffer", { vim.bo.filetype, vim.bo.commentstring, vim.bo.omnifunc })
vim.cmd("qall!")
