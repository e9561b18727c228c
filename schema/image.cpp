#include "schema/image.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ingot {

namespace {

constexpr std::array<std::pair<ImageState, std::string_view>, 4> state_words{{
    {ImageState::testable, "TESTABLE"},
    {ImageState::restricted, "RESTRICTED"},
    {ImageState::published, "PUBLISHED"},
    {ImageState::withdrawn, "WITHDRAWN"},
}};

}  // namespace

std::string_view text_of(ImageState state) {
  return std::find_if(state_words.begin(), state_words.end(), [&](const auto& word) { return word.first == state; })->second;
}

std::optional<ImageState> parse_image_state(std::string_view text) {
  for (const auto& [state, word] : state_words) {
    if (word == text) return state;
  }
  return std::nullopt;
}

std::string_view text_of(ImageKind kind) { return kind == ImageKind::file ? "file" : "tree"; }

std::optional<ImageKind> parse_image_kind(std::string_view text) {
  if (text == "file") return ImageKind::file;
  if (text == "tree") return ImageKind::tree;
  return std::nullopt;
}

const std::vector<TypeName>& builtin_types() {
  static const std::vector<TypeName> types{
      TypeName::of("ORACLEDBSOFTWARE"), TypeName::of("ORACLEGISOFTWARE"), TypeName::of("ORACLEGGSOFTWARE"),
      TypeName::of("EXAPATCHSOFTWARE"), TypeName::of("ODAPATCHSOFTWARE"), TypeName::of("LINUXOS"),
      TypeName::of("SOFTWARE"),
  };
  return types;
}

bool is_builtin(const TypeName& type) {
  const auto& types = builtin_types();
  return std::find(types.begin(), types.end(), type) != types.end();
}

const TypeName& default_type() { return builtin_types().back(); }

}  // namespace ingot
