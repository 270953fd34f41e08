// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// Whether the owners of a picture stay apart for people who do not tell all colours apart, and whether their letters can be read.

#include "base/text.hpp"
#include "report/texts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>

namespace usbroute::report {
namespace {

using Colour = std::array<double, 3>; ///< red, green, blue
using Matrix = std::array<Colour, 3>;

constexpr std::array<std::string_view, 5> owner_classes{"host", "guest", "second", "third", "wrong"};

/// ".host { fill: #005fa3 }" as light, linear, 0 to 1.
Colour light_of(std::string_view fill)
{
    Colour light{};
    for (std::size_t i = 0; i < 3; ++i) {
        const double value = parse_hex(fill.substr(1 + 2 * i, 2)).value_or(0) / 255.0;
        // IEC 61966-2-1, sRGB.
        light.at(i) = value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
    }
    return light;
}

Colour fill_of(std::string_view name)
{
    const auto sheet = texts::style_sheet;
    const auto head = std::string(".") + std::string(name) + " { fill: #";
    const auto at = sheet.find(head);
    EXPECT_NE(at, std::string_view::npos) << name;
    return light_of(sheet.substr(at + head.size() - 1, 7));
}

/// Whole deficiencies, by Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
/// 2009, table of severity 1.0; applied to linear light.
constexpr Matrix ordinary{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
constexpr Matrix protan{
    {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}};
constexpr Matrix deutan{
    {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}};
constexpr Matrix tritan{
    {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}};

Colour seen_by(const Matrix& eye, const Colour& light)
{
    Colour seen{};
    for (std::size_t i = 0; i < 3; ++i)
        seen.at(i) =
            std::clamp(eye.at(i)[0] * light[0] + eye.at(i)[1] * light[1] + eye.at(i)[2] * light[2], 0.0, 1.0);
    return seen;
}

/// CIE L*a*b* with the white of D65 (CIE 15).
Colour lab_of(const Colour& light)
{
    const auto root = [](double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116; };
    const double x = root((0.4124 * light[0] + 0.3576 * light[1] + 0.1805 * light[2]) / 0.95047);
    const double y = root(0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2]);
    const double z = root((0.0193 * light[0] + 0.1192 * light[1] + 0.9505 * light[2]) / 1.08883);
    return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

double distance(const Colour& one, const Colour& other)
{
    double sum = 0;
    for (std::size_t i = 0; i < 3; ++i) sum += (one.at(i) - other.at(i)) * (one.at(i) - other.at(i));
    return std::sqrt(sum);
}

/// WCAG 2.2, "contrast ratio".
double contrast(const Colour& one, const Colour& other)
{
    const auto luminance = [](const Colour& light) {
        return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2];
    };
    const auto [dark, bright] = std::minmax({luminance(one), luminance(other)});
    return (bright + 0.05) / (dark + 0.05);
}

TEST(Colours, OfOwnersStayApartForEveryEye)
{
    // A difference of 2.3 is just noticed beside each other; across a picture, ten times that.
    constexpr double apart = 23;
    for (const auto& eye : {ordinary, protan, deutan, tritan})
        for (std::size_t i = 0; i < owner_classes.size(); ++i)
            for (std::size_t k = 0; k < i; ++k) {
                const auto one = lab_of(seen_by(eye, fill_of(owner_classes.at(i))));
                const auto other = lab_of(seen_by(eye, fill_of(owner_classes.at(k))));
                EXPECT_GT(distance(one, other), apart) << owner_classes.at(i) << " " << owner_classes.at(k);
            }
}

TEST(Colours, TheTestSeesThatGreenAndTealDoNotStayApart)
{
    const auto green = lab_of(seen_by(tritan, light_of("#2e7d32")));
    const auto teal = lab_of(seen_by(tritan, light_of("#00737d")));

    EXPECT_LT(distance(green, teal), 10);
}

TEST(Colours, LettersCanBeReadOnThem)
{
    constexpr Colour white{1, 1, 1};
    constexpr Colour black{0, 0, 0};
    for (const auto name : owner_classes) {
        const bool is_dark = name == "host" || name == "third";
        EXPECT_GT(contrast(fill_of(name), is_dark ? white : black), 4.5) << name;
    }
}

TEST(Colours, EdgesAreThoseOfTheFill)
{
    for (const auto name : owner_classes) {
        const auto sheet = std::string(texts::style_sheet);
        const auto fill =
            sheet.substr(sheet.find("." + std::string(name) + " { fill: ") + name.size() + 10, 7);
        EXPECT_NE(sheet.find(".edge-" + std::string(name) + " { stroke: " + fill), std::string::npos) << name;
    }
}

} // namespace
} // namespace usbroute::report
