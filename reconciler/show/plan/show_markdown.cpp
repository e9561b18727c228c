#include "reconciler/show/plan/show_markdown.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "reconciler/io/printable.hpp"
#include "reconciler/show/plan/show_plan.hpp"

namespace ingot::show {

namespace {

constexpr std::size_t longest_cell = 300;

/// Cut at the start of a character.
std::string cut(std::string_view text) {
  if (text.size() <= longest_cell) return std::string(text);
  std::size_t end = longest_cell;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "…";
}

/// Text that means nothing but itself: no link, no mention, no reference, no HTML. Its fence is longer than any in it.
std::string code(std::string_view raw) {
  if (raw.empty()) return "";
  const std::string text = cut(raw);
  std::size_t longest = 0, ticks = 0;
  for (const char c : text) {
    ticks = c == '`' ? ticks + 1 : 0;
    longest = std::max(longest, ticks);
  }
  const std::string fence(longest + 1, '`');
  const std::string_view pad = text.front() == '`' || text.back() == '`' ? " " : "";
  return fmt::format("{}{}{}{}{}", fence, pad, text, pad, fence);
}

/// The same in a table, whose cells a bar would end even in code.
std::string cell(std::string_view raw) {
  std::string text = code(raw);
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, 1, '\\');
  return text;
}

/// Lines that stand together: a list above the fold, or a fold with a table.
struct Section {
  std::string before;
  std::vector<std::string> lines;
  std::string after;
  bool table = false;
};

/// What stays of a section of which `most` lines may be shown: its beginning and its end.
std::string text_of(const Section& section, std::size_t most) {
  std::string text = section.before;
  const std::size_t count = section.lines.size();
  const std::size_t head = count <= most ? count : (most + 1) / 2;
  const std::size_t tail = count <= most ? 0 : most - head;
  for (std::size_t i = 0; i < head; ++i) text += section.lines[i];
  const std::string more = fmt::format("… {} more …", count - head - tail);
  if (head + tail < count) text += section.table ? "| | " + more + " | | |\n" : "- " + more + "\n";
  for (std::size_t i = count - tail; i < count; ++i) text += section.lines[i];
  return text + section.after;
}

std::string assembled(const std::string& head, const std::vector<Section>& sections, std::size_t most) {
  std::string text = head;
  for (const auto& section : sections) text += text_of(section, most);
  return text;
}

/// As many lines of every section as fit; of very many sections the first and the last.
std::string fitted(const std::string& head, std::vector<Section> sections) {
  std::size_t least = 0, most = 0;
  for (const auto& section : sections) most = std::max(most, section.lines.size());
  if (std::string all = assembled(head, sections, most); all.size() < longest_markdown) return all;
  for (std::size_t size = assembled(head, sections, 0).size(); sections.size() > 2 && size >= longest_markdown;) {
    const auto middle = sections.begin() + static_cast<std::ptrdiff_t>(sections.size() / 2);
    size -= text_of(*middle, 0).size();
    sections.erase(middle);
  }
  while (most - least > 1) {
    const std::size_t middle = least + (most - least) / 2;
    (assembled(head, sections, middle).size() < longest_markdown ? least : most) = middle;
  }
  return assembled(head, sections, least);
}

bool ends_something(Verb verb) {
  return verb == Verb::delete_ || verb == Verb::remove || verb == Verb::unregister || verb == Verb::uninstantiate ||
         verb == Verb::withdraw;
}

std::string why_of(const ShownAction& action) {
  if (action.deferred) return action.deferred_why;
  if (!action.foreseen_why.empty()) return action.foreseen_why;
  return action.because.empty() ? "" : action.because.front().text + place_of(action.because.front());
}

std::string row_of(const ShownAction& action) {
  return fmt::format("| {} | {} {} | {} | {} |\n", std::string(1, symbol_of(action.verb).symbol), text_of(action.verb),
                     cell(action.title), cell(action.detail), cell(why_of(action)));
}

Section fold(const std::string& title, const ActionGroup& actions) {
  Section section{.before = fmt::format("\n<details><summary>{}: {}</summary>\n\n| | action | | why |\n|---|---|---|---|\n",
                                        title, actions.size()),
                  .lines = {},
                  .after = "\n</details>\n",
                  .table = true};
  for (const ShownAction* action : actions) section.lines.push_back(row_of(*action));
  return section;
}

template <class Obstacles>
void add_obstacles(const std::string& title, const Obstacles& obstacles, std::vector<Section>& sections) {
  if (obstacles.empty()) return;
  Section section{.before = "\n### " + title + "\n\n", .lines = {}, .after = ""};
  for (const auto& one : obstacles) {
    section.lines.push_back(fmt::format("- {} {}: {}{}\n", text_of(one.verb), code(one.address.text), code(one.text),
                                        one.mend.empty() ? "" : "; hint: " + code(one.mend)));
  }
  sections.push_back(std::move(section));
}

void add_unknown(const ShownPlan& plan, bool untrusted, std::vector<Section>& sections) {
  Section section{
      .before = untrusted ? "\n### Untrusted peers: a human must look\n\n" : "\n### Unknown peers\n\n", .lines = {}, .after = ""};
  for (const auto& peer : plan.unknown) {
    if ((peer.code == Code::untrusted) == untrusted)
      section.lines.push_back(fmt::format("- {} {}: {}\n", code(peer.peer.text()), code(text_of(peer.code)), code(peer.text)));
  }
  if (!section.lines.empty()) sections.push_back(std::move(section));
}

void add_removals(const ShownPlan& plan, std::vector<Section>& sections) {
  Section section{.before = "\n### Ended or removed\n\n", .lines = {}, .after = ""};
  for (const auto& action : plan.actions) {
    if (ends_something(action.verb) && !action.deferred)
      section.lines.push_back(
          fmt::format("- **{}** {}: {}\n", text_of(action.verb), code(action.address.text), code(why_of(action))));
  }
  if (!section.lines.empty()) sections.push_back(std::move(section));
}

void add_notes(const ShownPlan& plan, std::vector<Section>& sections) {
  if (plan.notes.empty()) return;
  Section section{.before = fmt::format("\n<details><summary>Notes: {}</summary>\n\n", plan.notes.size()),
                  .lines = {},
                  .after = "\n</details>\n"};
  for (const auto& note : plan.notes)
    section.lines.push_back(fmt::format("- {} {}: {}\n", text_of(note.code), code(note.address), code(note.text)));
  sections.push_back(std::move(section));
}

void add_failures(const apply::Account& account, std::vector<Section>& sections) {
  Section section{.before = "\n### Failed\n\n", .lines = {}, .after = ""};
  for (const auto& result : account.failed) {
    const auto* const failed = std::get_if<Failed>(&result.outcome);
    section.lines.push_back(fmt::format("- {} {}: {}\n", text_of(result.verb), code(io::printable(result.address.text)),
                                        failed ? code(io::printable(failed->text)) : ""));
  }
  if (account.fatal)
    section.lines.push_back(fmt::format("- the run ended early: {}\n", code(io::printable(account.fatal->what()))));
  if (!section.lines.empty()) sections.push_back(std::move(section));
}

void add_plan(const ShownPlan& plan, std::vector<Section>& sections) {
  add_unknown(plan, true, sections);
  add_removals(plan, sections);
  add_obstacles("Held", plan.held, sections);
  add_obstacles("Blocked", plan.blocked, sections);
  add_unknown(plan, false, sections);
  const ActionGroups groups = groups_of(plan);
  for (const auto& [peer, actions] : groups.of_peers) sections.push_back(fold("From " + peer, actions));
  if (!groups.own.empty()) sections.push_back(fold("Here", groups.own));
  if (!groups.deferred.empty()) sections.push_back(fold("Deferred, beyond a limit", groups.deferred));
  add_notes(plan, sections);
}

/// A comment of HTML; `what`: "plan", "apply".
std::string marker_of(std::string_view what, const std::string& manifest) {
  std::string name;
  for (const char c : manifest) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '/' || c == '_';
    name += plain ? c : '_';  // "--" would end the comment
  }
  return fmt::format("<!-- ingot {} of {} -->\n", what, name);
}

}  // namespace

std::string markdown_marker(const std::string& manifest) { return marker_of("plan", manifest); }

std::string plan_markdown(const ShownPlan& plan) {
  std::string head = markdown_marker(plan.manifest_path);
  head += fmt::format("## Plan of {}\n\n**{}**\n\nPlan `{}`, manifest {}\n", plan.server.text(),
                      plan_summary(plan, plan.base ? code(plan.base->revision) : ""), plan.id.text(), code(plan.manifest_path));
  std::vector<Section> sections;
  add_plan(plan, sections);
  return fitted(head, std::move(sections));
}

std::string applied_markdown(const ShownPlan& plan, const apply::Account& account, const std::string& summary,
                             const std::string& run) {
  std::string head = marker_of("apply", plan.manifest_path);
  head += fmt::format("## Applied to {}\n\n**{}**\n\nRun `{}` of plan `{}`, manifest {}\n", plan.server.text(), summary, run,
                      plan.id.text(), code(plan.manifest_path));
  std::vector<Section> sections;
  add_failures(account, sections);
  add_plan(plan, sections);
  return fitted(head, std::move(sections));
}

std::string valid_markdown(const std::string& text, const std::string& manifest) {
  return markdown_marker(manifest) + code(text) + "\n";
}

std::string failure_markdown(const std::vector<Annotation>& annotations, const std::string& manifest) {
  const std::string head = markdown_marker(manifest) + fmt::format("## No plan of {}\n", code(manifest));
  Section section{.before = "\n", .lines = {}, .after = ""};
  for (const auto& one : annotations) {
    const std::string place = one.file.empty() ? "" : one.line > 0 ? fmt::format("{}:{}", one.file, one.line) : one.file;
    section.lines.push_back(fmt::format("- {} {}: {}\n", code(place), one.code, code(one.text)));
  }
  return fitted(head, {std::move(section)});
}

}  // namespace ingot::show
