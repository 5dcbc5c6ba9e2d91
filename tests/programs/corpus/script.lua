-- What programs in Lua do: calls, tables, strings, closures, methods, floats and integers. Its argument is how often.
local rounds = ...

local function fib(n)
  if n < 2 then return n end
  return fib(n - 1) + fib(n - 2)
end

local function sieve(n)
  local composite, count = {}, 0
  for i = 2, n do
    if not composite[i] then
      count = count + 1
      for j = i * i, n, i do composite[j] = true end
    end
  end
  return count
end

local function matrices(n)
  local a, b, c = {}, {}, {}
  for i = 1, n do
    a[i], b[i], c[i] = {}, {}, {}
    for j = 1, n do a[i][j], b[i][j] = i / j, j / i end
  end
  local trace = 0.0
  for i = 1, n do
    for j = 1, n do
      local sum = 0.0
      for k = 1, n do sum = sum + a[i][k] * b[k][j] end
      c[i][j] = sum
    end
    trace = trace + c[i][i]
  end
  return trace
end

local function words(n)
  local counts, parts = {}, {}
  for i = 1, n do
    local word = string.format("%x", (i * 2654435761) % 4096)
    counts[word] = (counts[word] or 0) + 1
    parts[#parts + 1] = word
  end
  local text, hits = table.concat(parts, " "), 0
  for word in text:gmatch("%a%d+") do hits = hits + #word end
  local keys = {}
  for key in pairs(counts) do keys[#keys + 1] = key end
  table.sort(keys, function(x, y) return counts[x] > counts[y] or counts[x] == counts[y] and x < y end)
  return hits, #text, keys[1], keys[#keys], text:gsub("1(.)", "%1"):len()
end

local Account = {}
Account.__index = Account
function Account.new(balance) return setmetatable({ balance = balance }, Account) end
function Account:deposit(amount) self.balance = self.balance + amount; return self end

local function objects(n)
  local accounts = {}
  for i = 1, 100 do accounts[i] = Account.new(i) end
  for i = 1, n do accounts[i % 100 + 1]:deposit(i & 7):deposit(1) end
  local sum = 0
  for _, account in ipairs(accounts) do sum = sum + account.balance end
  return sum
end

local function tree(depth)
  if depth == 0 then return {} end
  return { tree(depth - 1), tree(depth - 1) }
end

local function nodes(t) return t[1] and 1 + nodes(t[1]) + nodes(t[2]) or 1 end

local function composed(n)
  local function compose(f, g) return function(x) return f(g(x)) end end
  local f = function(x) return x ~ 5 end
  for i = 1, 8 do f = compose(f, function(x) return x + i end) end
  local sum = 0
  for i = 1, n do sum = sum + f(i) end
  return sum
end

for round = 1, rounds do
  local found = {
    fib(24), sieve(60000), string.format("%.6f", matrices(60)), objects(150000), nodes(tree(13)), composed(20000), words(12000),
  }
  if round == rounds then print(table.concat(found, " ")) end
end
