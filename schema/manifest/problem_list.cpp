#include "schema/manifest/problem_list.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "schema/text/nearest.hpp"

namespace ingot {

std::size_t ProblemList::add_file(std::string file) {
  files_.push_back(std::move(file));
  return files_.size() - 1;
}

void ProblemList::add(Spot spot, std::string code, std::string text, std::string mend) {
  add(Problem{.file = files_[spot.file],
              .line = spot.at.line,
              .column = spot.at.column,
              .code = std::move(code),
              .text = std::move(text),
              .mend = std::move(mend)});
}

void ProblemList::add(Problem problem) {
  if (full()) {
    ++more_;
  } else {
    problems_.push_back(std::move(problem));
  }
}

std::string ProblemList::place_text(const Spot& spot) const {
  return fmt::format("{}:{}:{}", files_[spot.file], spot.at.line, spot.at.column);
}

Problems ProblemList::sorted() const {
  std::map<std::string, std::size_t> rank;
  for (std::size_t i = 0; i < files_.size(); ++i) rank.emplace(files_[i], i);
  const auto key = [&rank, this](const Problem& problem) {
    const auto found = rank.find(problem.file);
    return std::make_tuple(found == rank.end() ? files_.size() : found->second, problem.line, problem.column);
  };
  Problems result = problems_;
  std::stable_sort(result.begin(), result.end(),
                   [&key](const Problem& one, const Problem& other) { return key(one) < key(other); });
  if (more_ > 0) {
    result.push_back(Problem{.file = files_.front(),
                             .code = "more",
                             .text = fmt::format("{} more problems are not shown", more_),
                             .mend = "mend these first"});
  }
  return result;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t longest = 130;
  std::size_t end = std::min(text.size(), longest);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  std::string result = "\"";
  for (const char c : text.substr(0, end)) {
    const auto byte = static_cast<unsigned char>(c);
    result += byte < 0x20U || byte == 0x7FU ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return result + (end < text.size() ? "…\"" : "\"");
}

std::string quoted_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const auto& text : texts) list += (list.empty() ? "" : ", ") + quoted(text);
  return list;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates, std::string otherwise) {
  if (const auto near = nearest(word, candidates)) return fmt::format("did you mean {}?", quoted(*near));
  // "token" for "token_env", "images" for a list of them: a beginning says as much as a near spelling.
  for (const auto& candidate : candidates) {
    if (word.size() >= 3 && candidate.starts_with(word)) return fmt::format("did you mean {}?", quoted(candidate));
  }
  return otherwise;
}

}  // namespace ingot
